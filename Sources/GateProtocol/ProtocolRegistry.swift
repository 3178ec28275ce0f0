public import GateBytes
import Synchronization

/// What a listener tells the protocol it speaks.
public struct ProtocolOptions: Sendable {
    /// Bytes of one frame when a protocol does not say by itself, 65 535 by default.
    public static let frameBytesDefault = 65_535

    /// Bytes of one frame (in MQTT: its remaining length); ``frameBytesDefault`` by default.
    public var frameBytesMax: Int
    /// What the listener itself says of ``frameBytesMax``, which counts more than what the protocol says; `nil` when it
    /// says nothing, so that a larger limit of the protocol's own counts.
    public var listenerFrameBytesMax: Int?
    /// The listener's own settings by name, as in `?order=le&length=u16`; each one must be known to the protocol.
    public var parameters: [String: String]
    /// The clients' own name or code of a message -> `Type/Function`, in both directions; codes in decimal digits.
    public var routes: [String: String]
    /// The listener's own address without brackets and port, which some protocols tell their clients; empty and 0 where
    /// it has none of its own: all addresses, or a port that the system has yet to choose.
    public var listenerHost = ""
    public var listenerPort: UInt16 = 0
    /// The gateway's own time for a handshake, where somebody set one: a longer one of the protocol's gives way. `nil`
    /// leaves the protocol's as it is.
    public var handshakeTime: TimeSpan?

    /// Options with the defaults of the limits.
    public init(
        frameBytesMax: Int = ProtocolOptions.frameBytesDefault, listenerFrameBytesMax: Int? = nil,
        parameters: [String: String] = [:], routes: [String: String] = [:]
    ) {
        self.frameBytesMax = frameBytesMax
        self.listenerFrameBytesMax = listenerFrameBytesMax
        self.parameters = parameters
        self.routes = routes
    }
}

/// Why a listener cannot speak a protocol.
public enum ProtocolSetupError: Error, Equatable, Sendable {
    /// No protocol of that name; `known` lists those that there are.
    case unknownProtocol(String, known: [String])
    /// A protocol of that name is there already.
    case duplicateProtocol(String)
    /// The protocol has no such parameter.
    case unknownParameter(String, known: [String])
    /// The parameter's value is not one of those allowed.
    case invalidParameter(String, value: String, allowed: String)
}

/// How the clients of a protocol say what they call.
public enum ProtocolNaming: Sendable {
    /// Not at all: everything goes to the listener's own route.
    case nothing
    /// With numbers, which only a listener's routes, or its own route, can lead anywhere.
    case codes
    /// With names, which may be routes by themselves.
    case names
}

/// Makes the protocols of one listener's connections.
public typealias WireProtocolMaker = @Sendable () -> any WireProtocol

/// A protocol that listeners may name.
public struct ProtocolDefinition: Sendable {
    /// The name listeners use.
    public var name: String
    /// One line for lists.
    public var summary: String
    /// Tells one state of the protocol from a later one, for lists and logs.
    public var version: String
    /// Whether replies are wrapped in the gateway's envelope by default (MQTT), or are the bare result.
    public var usesEnvelope: Bool
    /// How clients say what they call, so that a listener that leads nowhere can be told.
    public var naming = ProtocolNaming.names
    /// Whether its clients may send compressed bytes, which a build without zlib refuses.
    public var readsCompressed = false
    /// Checks a listener's options once and returns what makes a protocol for each of its connections.
    public var configure: @Sendable (ProtocolOptions) throws(ProtocolSetupError) -> WireProtocolMaker

    /// A definition; see the properties.
    public init(
        name: String, summary: String, version: String = "1", usesEnvelope: Bool = false,
        configure: @escaping @Sendable (ProtocolOptions) throws(ProtocolSetupError) -> WireProtocolMaker
    ) {
        self.name = name
        self.summary = summary
        self.version = version
        self.usesEnvelope = usesEnvelope
        self.configure = configure
    }

    /// A protocol made of a codec alone: session at connect, heartbeats, limits and metrics come with it.
    ///
    /// `idle` closes a client that says nothing for so long; zero for never.
    public init<Codec: FrameCodec>(
        name: String, summary: String, version: String = "1", idle: TimeSpan = .zero,
        codec: @escaping @Sendable (ProtocolOptions) -> Codec
    ) where Codec.Frame == GateFrame {
        self.init(name: name, summary: summary, version: version) { options throws(ProtocolSetupError) in
            if let unknown = options.parameters.keys.min() {
                throw .unknownParameter(unknown, known: [])
            }
            return { FramedProtocol(codec(options), idle: idle) }
        }
    }
}

/// All protocols of a process, by name. Safe to use from every thread.
public final class ProtocolRegistry: Sendable {
    private enum Entry: Sendable {
        case made(ProtocolDefinition)
        /// One that is made when somebody asks for it.
        case later(@Sendable () -> ProtocolDefinition)
    }

    private let entries = Mutex<[String: Entry]>([:])

    /// An empty registry.
    public init() {}

    /// Adds a protocol.
    /// - Throws: ``ProtocolSetupError/duplicateProtocol(_:)`` when the name is taken.
    public func register(_ definition: ProtocolDefinition) throws(ProtocolSetupError) {
        try register(.made(definition), named: definition.name)
    }

    /// Adds a protocol that is made when a listener, or a list of all, asks for it.
    /// - Parameter make: Makes the definition of that name; called at most once for each thread that asks first.
    /// - Throws: ``ProtocolSetupError/duplicateProtocol(_:)`` when the name is taken.
    public func register(
        named name: String, later make: @escaping @Sendable () -> ProtocolDefinition
    ) throws(ProtocolSetupError) {
        try register(.later(make), named: name)
    }

    private func register(_ entry: Entry, named name: String) throws(ProtocolSetupError) {
        let taken = entries.withLock { table in
            if table[name] != nil { return true }
            table[name] = entry
            return false
        }
        if taken { throw .duplicateProtocol(name) }
    }

    /// Adds a protocol or takes the place of the one with its name; listeners keep what they were configured with.
    public func replace(_ definition: ProtocolDefinition) {
        entries.withLock { table in table[definition.name] = .made(definition) }
    }

    /// The protocol of that name.
    /// - Throws: ``ProtocolSetupError/unknownProtocol(_:known:)``.
    public func definition(named name: String) throws(ProtocolSetupError) -> ProtocolDefinition {
        let (found, known) = entries.withLock { table in (table[name], table.keys.sorted()) }
        guard let found else { throw .unknownProtocol(name, known: known) }
        return made(found, named: name)
    }

    private func made(_ entry: Entry, named name: String) -> ProtocolDefinition {
        switch entry {
        case .made(let definition): return definition
        case .later(let make):
            // Outside of the lock: it may take its time.
            let definition = make()
            return entries.withLock { table in
                // Who came in between with another one counts.
                if case .made(let other)? = table[name] { return other }
                table[name] = .made(definition)
                return definition
            }
        }
    }

    /// All protocols, sorted by name.
    public var all: [ProtocolDefinition] {
        entries.withLock { table in table.sorted { $0.key < $1.key } }.map { made($0.value, named: $0.key) }
    }

    /// All names, sorted.
    public var names: [String] { entries.withLock { table in table.keys.sorted() } }
}
