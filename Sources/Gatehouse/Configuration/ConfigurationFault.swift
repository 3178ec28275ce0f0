public import GateJSON
public import GateProtocol

/// Something in the configuration that keeps the server from starting.
public struct ConfigurationFault: Error, Equatable, Sendable {
    /// What is wrong.
    public enum Reason: Error, Equatable, Sendable {
        /// The file cannot be read.
        case unreadable(FileFault)
        /// The working directory cannot be entered; `number` is errno.
        case noDirectory(String, number: Int32)
        /// The file is not JSON5.
        case syntax(JSONFaultReason)
        /// The value of a setting is not one of those allowed; `found` is as written.
        case invalidValue(name: String, found: String, expected: String)
        /// A key that must be there is not.
        case missingKey(String)
        /// Two keys that differ in case only.
        case duplicateKey(String, first: JSONPosition)
        /// Two modules with the same id.
        case duplicateModuleID(String, first: JSONPosition)
        /// Two modules of one type in the same process group; `nil` is every group.
        case duplicateProcessGroup(type: String, group: String?, first: JSONPosition)
        /// The URL of a listener is not acceptable.
        case listener(ListenerFault)
        /// A listener names a protocol that is not there, or parameters that it does not take.
        case protocolSetup(ProtocolSetupError)
        /// A folder of protocol descriptors cannot be read.
        case unreadableFolder(String, FileFault)
        /// The URL of the other nodes, or of a peer, is none.
        case cluster(ClusterURLFault)
        /// A `${env:NAME}` or `${file:PATH}` in the value of a setting leads nowhere.
        case reference(String, String, ReferenceFault)
        /// A label of the node is no `name=value`.
        case label(String)
        /// Nothing can connect.
        case noListeners
        /// Nodes are forgotten before they can announce themselves again.
        case shortNodeLife
        /// The bytes at which a connection stops reading are more than those at which it is closed.
        case highWaterAboveQueue(highWaterBytes: Int, queuedBytesMax: Int)
    }

    /// Where it is.
    public let place: ConfigurationPlace
    /// What is wrong.
    public let reason: Reason

    /// A fault.
    public init(place: ConfigurationPlace, reason: Reason) {
        self.place = place
        self.reason = reason
    }
}

extension ConfigurationFault: CustomStringConvertible {
    /// `server.json:12:7: limits.inFlightMax: expected a whole number in 1...65535, found 0`.
    public var description: String { "\(place): \(reason)" }
}

extension ConfigurationFault.Reason: CustomStringConvertible {
    /// The reason in words.
    public var description: String {
        switch self {
        case .unreadable(let fault): "cannot be read: \(fault)"
        case .noDirectory(let path, let number):
            "cannot change to '\(Quoted.plain(path))': \(FileFault.text(of: number))"
        case .syntax(let reason): "\(reason)"
        case .invalidValue(let name, let found, let expected): "\(name): expected \(expected), found \(found)"
        case .missingKey(let key): "key '\(key)' is missing"
        case .duplicateKey(let key, let first):
            "key '\(Quoted.plain(key))' stands there already, at \(first) (case does not count)"
        case .duplicateModuleID(let id, let first): "module id '\(Quoted.plain(id))' is taken already, at \(first)"
        case .duplicateProcessGroup(let type, let group?, let first):
            "module '\(Quoted.plain(type))' runs in process group '\(Quoted.plain(group))' already, at \(first)"
        case .duplicateProcessGroup(let type, nil, let first):
            "module '\(Quoted.plain(type))' runs in every process group already, at \(first)"
        case .listener(let fault): "\(fault)"
        case .protocolSetup(let error): "listener: \(error.text)"
        case .unreadableFolder(let path, let fault):
            "folder '\(Quoted.plain(path, scalarsMax: Quoted.pathScalarsMax))' cannot be read: \(fault)"
        case .cluster(let fault): "\(fault)"
        case .reference(let name, let reference, let fault):
            "\(name): ${\(Quoted.plain(reference, scalarsMax: Quoted.pathScalarsMax))}: \(fault)"
        case .label(let text): "label '\(Quoted.plain(text))': expected name=value, as in zone=b"
        case .noListeners:
            "no listener is configured, so no client can connect: add --listen PROTOCOL://HOST:PORT, listeners, or a gate "
                + "with TCPAddr (WebSocket is not built in yet)"
        case .shortNodeLife: "rpc.nodeLifeSeconds must be at least twice rpc.announceSeconds"
        case .highWaterAboveQueue(let highWaterBytes, let queuedBytesMax):
            "limits.highWaterBytes (\(highWaterBytes)) must not be more than limits.queuedBytesMax (\(queuedBytesMax))"
        }
    }
}

/// All faults of a configuration, and what was noticed besides.
public struct ConfigurationFaults: Error, Sendable {
    /// The faults in the order of their places; at least one.
    public let faults: [ConfigurationFault]
    /// The notices in the order of their places.
    public let notices: [ConfigurationNotice]

    /// Faults; at least one.
    public init(faults: [ConfigurationFault], notices: [ConfigurationNotice]) {
        precondition(!faults.isEmpty, "without a fault there is nothing to throw")
        self.faults = faults
        self.notices = notices
    }

    /// Whether every fault is one of the command line, which is a matter of usage.
    public var areAllFlags: Bool {
        faults.allSatisfy { if case .flag = $0.place { true } else { false } }
    }
}
