import GateIO
import GateJSON

/// A listener that is open.
public struct BoundListener: Sendable, Hashable {
    /// The protocol spoken there.
    public var protocolName: String
    /// The host as it was configured; empty for all addresses.
    public var host: String
    /// The port that is bound; what the system chose where 0 was asked for.
    public var port: UInt16

    /// One entry of the ports file.
    var json: JSONValue {
        ["protocol": .string(protocolName), "host": .string(host), "port": .number(Int(port))]
    }
}

extension BoundListener: CustomStringConvertible {
    /// `mqtt://127.0.0.1:1883`.
    public var description: String {
        host.contains(":") ? "\(protocolName)://[\(host)]:\(port)" : "\(protocolName)://\(host):\(port)"
    }
}
