public import GateJSON
public import GateProtocol
public import GateSessions

/// A backend unit: a type with named handlers.
///
/// Life: ``configure(_:)`` for every module in the order they were added, then ``initialize(_:)``, then
/// ``start()``; ``stop()`` in reverse order. Only ``type`` and ``register(in:)`` must be there.
public protocol Module: Sendable {
    /// What clients and other modules call it: `Chat`.
    var type: String { get }

    /// Which version of the module this is: calls may ask for one. Empty for none.
    var version: String { get }

    /// Registers the handlers. Called once, before any other process knows the module.
    func register(in handlers: inout HandlerTable)

    /// The module's settings from the configuration. What it throws stops the start.
    func configure(_ configuration: ModuleConfiguration) async throws

    /// The way to other modules and to sessions is there.
    func initialize(_ context: ModuleContext) async throws

    /// All modules are initialised; clients come next.
    func start() async throws

    /// No more calls come.
    func stop() async

    /// A session has ended, for modules that keep session ids. The disconnected hook may still be waiting for the connected
    /// one.
    ///
    /// Called on the session's loop, at once, for every session of the gateway, whether the module knows it or not: all
    /// clients of that loop wait until it returns. So look the session up in an index instead of searching for it, keep
    /// what one session may enter bounded, and leave everything longer to a task.
    func sessionEnded(_ session: Session, reason: CloseReason)
}

extension Module {
    /// None.
    public var version: String { "" }

    /// Takes no settings.
    public func configure(_ configuration: ModuleConfiguration) async throws {}

    /// Needs nothing.
    public func initialize(_ context: ModuleContext) async throws {}

    /// Does nothing.
    public func start() async throws {}

    /// Does nothing.
    public func stop() async {}

    /// Does nothing.
    public func sessionEnded(_ session: Session, reason: CloseReason) {}
}

/// What the configuration says about a module.
public struct ModuleConfiguration: Sendable {
    /// The module's configured id, if any; `type@id` reaches it.
    public var id: String?
    /// Its `Settings`.
    public var settings: JSONObject
    /// The `settings` of the whole file, which all modules may read.
    public var globalSettings: JSONObject

    /// A configuration; see the properties.
    public init(
        id: String? = nil, settings: JSONObject = JSONObject(), globalSettings: JSONObject = JSONObject()
    ) {
        self.id = id
        self.settings = settings
        self.globalSettings = globalSettings
    }
}
