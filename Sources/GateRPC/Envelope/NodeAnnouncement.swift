package import GateBytes

/// Names one start of one node.
package struct NodeKey: Hashable, Sendable {
    /// The node's name.
    package var name: String
    /// The number of its start, never 0.
    package var start: UInt32

    package init(name: String, start: UInt32) {
        self.name = name
        self.start = start
    }
}

/// A module as its node announces it.
package struct ModuleDescription: Sendable, Hashable {
    /// Module type.
    package var type: String
    /// Further names for `type@id`.
    package var ids: [String] = []
    /// The module's version.
    package var version = ""
    /// Its handlers.
    package var functions: [String: RPCHandlerKind] = [:]

    package init(type: String, ids: [String] = [], version: String = "", functions: [String: RPCHandlerKind] = [:]) {
        self.type = type
        self.ids = ids
        self.version = version
        self.functions = functions
    }
}

/// What a node is and serves: `Announcement` of rpc.proto.
package struct NodeAnnouncement: Sendable, Hashable {
    /// Where its messages go.
    package var inbox = ""
    /// Without another announcement for so long, the node counts as gone.
    package var timeToLive = TimeSpan.zero
    /// Whether it holds sessions.
    package var isGateway = false
    /// The node's number in the ids of its sessions.
    package var sessionNode: UInt32 = 0
    /// What it serves.
    package var modules: [ModuleDescription] = []
    /// Calls that run.
    package var load: UInt32 = 0
    /// Since it started.
    package var ageMilliseconds: UInt64 = 0
    /// What filters may ask for.
    package var labels: [String: String] = [:]

    package init() {}

    func write(to writer: inout WireWriter) {
        writer.text(1, inbox)
        writer.integer(2, UInt64(max(0, timeToLive.nanoseconds / 1_000_000)))
        writer.flag(3, isGateway)
        writer.fixed32(4, sessionNode)
        for module in modules {
            writer.message(5) { writer in
                writer.text(1, module.type)
                for id in module.ids { writer.presentText(2, id) }
                writer.text(3, module.version)
                for (name, kind) in module.functions.sorted(by: { $0.key < $1.key }) {
                    writer.message(4) { writer in
                        writer.text(1, name)
                        writer.integer(2, UInt64(kind.rawValue))
                    }
                }
            }
        }
        writer.integer(6, UInt64(load))
        writer.integer(7, ageMilliseconds)
        SettingWire.write(labels, field: 8, to: &writer)
    }

    static func read(_ bytes: Span<UInt8>, _ range: Range<Int>) throws(EnvelopeError) -> NodeAnnouncement {
        var cursor = WireCursor(range)
        var node = NodeAnnouncement()
        while let field = try cursor.next(bytes) {
            switch (field.number, field.content) {
            case (1, .range(let text)): node.inbox = try bytes.text(text)
            case (2, .integer(let number)):
                let milliseconds: UInt32 = try number.narrowed(2)
                node.timeToLive = .milliseconds(Int(milliseconds))
            case (3, .integer(let number)): node.isGateway = number != 0
            case (4, .fixed32(let number)): node.sessionNode = number
            case (5, .range(let module)):
                try room(node.modules.count)
                node.modules.append(try readModule(bytes, module))
            case (6, .integer(let number)): node.load = try number.narrowed(6)
            case (7, .integer(let number)): node.ageMilliseconds = number
            case (8, .range(let label)): try SettingWire.read(bytes, label, into: &node.labels)
            default: continue
            }
        }
        if node.inbox.isEmpty { throw .missing(field: 1) }
        return node
    }

    private static func readModule(
        _ bytes: Span<UInt8>, _ range: Range<Int>
    ) throws(EnvelopeError) -> ModuleDescription {
        var cursor = WireCursor(range)
        var module = ModuleDescription(type: "")
        while let field = try cursor.next(bytes) {
            switch (field.number, field.content) {
            case (1, .range(let text)): module.type = try bytes.text(text)
            case (2, .range(let text)):
                try room(module.ids.count)
                module.ids.append(try bytes.text(text))
            case (3, .range(let text)): module.version = try bytes.text(text)
            case (4, .range(let function)):
                try room(module.functions.count)
                let (name, kind) = try readFunction(bytes, function)
                module.functions[name] = kind
            default: continue
            }
        }
        if module.type.isEmpty { throw .missing(field: 1) }
        return module
    }

    /// A kind that a later version knows is ordered here.
    private static func readFunction(
        _ bytes: Span<UInt8>, _ range: Range<Int>
    ) throws(EnvelopeError) -> (String, RPCHandlerKind) {
        var cursor = WireCursor(range)
        var name = ""
        var kind = RPCHandlerKind.ordered
        while let field = try cursor.next(bytes) {
            switch (field.number, field.content) {
            case (1, .range(let text)): name = try bytes.text(text)
            case (2, .integer(let number)):
                kind = UInt8(exactly: number).flatMap(RPCHandlerKind.init(rawValue:)) ?? .ordered
            default: continue
            }
        }
        if name.isEmpty { throw .missing(field: 1) }
        return (name, kind)
    }

    private static func room(_ count: Int) throws(EnvelopeError) {
        guard count < EnvelopeLimits.modulesMax else { throw .tooMany(limit: EnvelopeLimits.modulesMax) }
    }
}
