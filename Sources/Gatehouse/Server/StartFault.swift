public import GateIO
public import GateProtocol
import GateUV

/// Why a server does not start. Nothing is left running.
public enum StartFault: Error, Sendable {
    /// A listener names a protocol that is not there, or parameters that it does not take.
    case listener(String, ProtocolSetupError)
    /// A protocol of the program's own has a name that is taken.
    case protocolName(ProtocolSetupError)
    /// An address cannot be listened on.
    case address(String, ListenError)
    /// A module threw in `configure`, `initialize` or `start`.
    case module(String, String)
    /// Two modules have the same type.
    case duplicateModule(String)
    /// The event loops cannot be started; the system's errno.
    case loops(code: Int32)
    /// The URL of the other nodes, or of a peer, is none.
    case cluster(ClusterURLFault)
    /// The ports file cannot be written.
    case portsFile(String, FileFault)
}

extension StartFault {
    /// The event loops cannot be started.
    init(_ error: LoopError) {
        guard case .systemRefused(let code) = error else {
            self = .loops(code: 0)
            return
        }
        self = .loops(code: code)
    }
}

extension StartFault: CustomStringConvertible {
    /// One line for an operator.
    public var description: String {
        switch self {
        case .listener(let url, let error): "\(url): \(error.text)"
        case .protocolName(let error): error.text
        case .address(let url, let error): "\(url): \(Self.text(error))"
        case .module(let type, let text): "module \(type): \(text)"
        case .duplicateModule(let type): "two modules have the type \(type)"
        case .loops(let code): "the event loops cannot be started: error \(code)"
        case .cluster(let fault): "rpc: \(fault)"
        case .portsFile(let path, let fault): "\(path): \(fault)"
        }
    }

    /// Whether another configuration would help, as opposed to another moment.
    public var isConfiguration: Bool {
        switch self {
        case .listener, .protocolName, .duplicateModule, .module, .portsFile, .cluster: true
        case .address(_, .addressInUse), .address(_, .failed), .address(_, .permissionDenied), .loops: false
        case .address(_, .addressNotAvailable): false
        }
    }

    private static func text(_ error: ListenError) -> String {
        switch error {
        case .addressInUse(let address): "address \(address) is in use"
        case .addressNotAvailable(let address): "no such address here: \(address)"
        case .permissionDenied(let address): "address \(address) is not permitted to this user"
        case .failed(let address, let code): "address \(address) cannot be listened on: error \(code)"
        }
    }
}
