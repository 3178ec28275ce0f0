public import GateBytes
public import GateJSON
public import GateServer
public import GateSessions
public import Logging

/// Everything that a server is told before it starts; a value, made by hand or by ``ConfigurationLoader``.
public struct ServerConfiguration: Sendable {
    /// The node's name, what a client writes behind `@` in `type@node`. The loader takes the first label of the host name.
    public var node = "gatehouse"
    /// Which of the configured modules run in this process (mqant's ProcessID).
    public var processGroup = "development"
    /// Event loops, each a thread; `nil` for one per core.
    public var loops: Int?
    /// The least important level that is logged.
    public var logLevel = Logger.Level.info
    /// Where log files are written; `nil` for standard error.
    public var logDirectory: String?
    /// A file that gets the bound ports as JSON once all listeners are open; `nil` for none.
    public var portsFile: String?
    /// How long running calls and unsent bytes may take after SIGTERM.
    public var drainTime = TimeSpan.seconds(25)
    /// Where clients may connect; see ``defaultListeners``.
    public var listeners = ServerConfiguration.defaultListeners
    /// Directories with protocol descriptors, read in this order after the built-in ones.
    public var protocolDirectories: [String] = []
    /// How a topic becomes a route.
    public var routeRule = TopicRule.topic
    /// What the name of a handler must start with so that a client may call it; any one of them.
    public var guardPrefixes = ["HD_", "Handler_"]
    /// What happens when a user who is bound to a session binds another one.
    public var secondLogin = SecondLoginPolicy.allow
    /// Where other nodes are found, as in `udp://127.0.0.1:4001`; `nil` for a server on its own.
    public var clusterURL: String?
    /// With UDP, the other nodes.
    public var clusterPeers: [String] = []
    /// How often this node tells the others that it is there.
    public var announceTime = TimeSpan.seconds(1)
    /// How long the others believe that without hearing it again.
    public var nodeLifeTime = TimeSpan.seconds(4)
    /// What calls may ask of the node that they go to, each as `name=value`.
    public var labels: [String] = []
    /// The version of the modules here that name none themselves; `nil` for none.
    public var modulesVersion: String?
    /// What clients may make the server keep and wait for.
    public var limits = GatewayLimits()
    /// The modules to run, those of ``processGroup`` only; `nil` when nothing is configured and all modules run.
    public var modules: [ModuleEntry]?
    /// Free settings that all modules may read (mqant's `Settings` beside `Module`).
    public var settings = JSONObject() {
        didSet { shownSettings = settings }
    }
    /// The same as reports show them: with the names of secrets instead of the secrets.
    var shownSettings = JSONObject()

    /// The defaults: MQTT on 1883 and 3563 and `length32-json` on 3564, all on loopback.
    public init() {}

    /// Name and value of a label; `nil` when the text is none.
    static func label(_ text: String) -> (name: String, value: String)? {
        guard let equals = text.firstIndex(of: "="), equals != text.startIndex else { return nil }
        return (String(text[..<equals]), String(text[text.index(after: equals)...]))
    }

    /// The labels by name; of two with one name the last counts.
    var labelTable: [String: String] {
        Dictionary(labels.compactMap(Self.label).map { ($0.name, $0.value) }) { _, last in last }
    }

    /// The listeners of a server that is told none.
    public static let defaultListeners = [
        ListenerConfiguration(protocolName: "mqtt", host: "127.0.0.1", port: 1883),
        ListenerConfiguration(protocolName: "mqtt", host: "127.0.0.1", port: 3563),
        ListenerConfiguration(protocolName: "length32-json", host: "127.0.0.1", port: 3564),
    ]
}
