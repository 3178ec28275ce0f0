import ArgumentParser
import GateJSON
import Gatehouse

/// The flags of commands that look at a cluster from outside.
struct ClusterOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The URL of the nodes; with UDP, of one of them, the only one that is asked then.", valueName: "url"))
    var rpc: String?

    @Option(help: ArgumentHelp("With UDP, a node to ask; repeatable.", valueName: "url"))
    var peer: [String] = []

    /// The longest time that a flag may name: an hour.
    static let secondsMax = 3_600.0

    /// Refuses a time that none of the clocks could wait for.
    static func demand(_ seconds: Double, of flag: String) throws {
        guard seconds >= 0, seconds <= secondsMax else {
            throw ValidationError("\(flag): expected 0 to \(Int(secondsMax)) seconds")
        }
    }

    func connect() throws -> ClusterClient {
        guard rpc != nil || !peer.isEmpty else {
            throw ValidationError("--rpc is missing; for example --rpc udp://127.0.0.1:4001")
        }
        do throws(StartFault) {
            return try ClusterClient(url: rpc, peers: peer) { server, fault in
                if let fault { StandardStreams.complain("\(server): \(fault)") }
            }
        } catch {
            StandardStreams.complain("error: \(error)")
            // Nothing but flags says where the nodes are.
            throw error.isConfiguration ? ExitStatus.usage : ServerRun.status(of: error)
        }
    }
}

/// `gatehouse nodes`: who is there.
struct NodesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "nodes",
        abstract: "List the nodes of a cluster: what they serve, their load, their age.",
        discussion: "Exits with 69 when no node answers.")

    @OptionGroup var options: ClusterOptions

    @Option(help: "Wait so many seconds for answers.")
    var wait = 0.5

    @Flag(help: "Print one JSON array, with versions, handlers and labels.")
    var json = false

    func validate() throws { try ClusterOptions.demand(wait, of: "--wait") }

    func run() async throws {
        let client = try options.connect()
        let found: Result<[NodeDescription], RPCFault>
        do throws(RPCFault) {
            found = .success(try await client.nodes(within: wait))
        } catch {
            found = .failure(error)
        }
        await client.close()
        let nodes = (try? found.get()) ?? []
        if json {
            let document = JSONValue.array(nodes.map(Self.json))
            StandardStreams.print(String(decoding: document.encoded(), as: UTF8.self))
        } else {
            for line in Self.table(nodes) { StandardStreams.print(line) }
        }
        if nodes.isEmpty {
            if case .failure = found { StandardStreams.complain("the broker is not reached") }
            StandardStreams.complain("no node answers")
            throw ExitStatus.unavailable
        }
    }

    private static func json(_ node: NodeDescription) -> JSONValue {
        let modules = node.modules.map { type -> (String, JSONValue) in
            let functions = (node.functions[type] ?? []).map { JSONValue.string($0) }
            return (type, ["version": .string(node.versions[type] ?? ""), "functions": .array(functions)])
        }
        var labels = JSONObject()
        for (name, value) in node.labels.sorted(by: { $0.key < $1.key }) { labels[name] = .string(value) }
        var table = JSONObject()
        for (type, module) in modules { table[type] = module }
        return [
            "node": .string(node.name), "kind": .string(node.isGateway ? "gateway" : "modules"),
            "modules": .object(table), "labels": .object(labels), "load": .number(node.load),
            "ageSeconds": .number(node.ageSeconds), "inbox": .string(node.inbox),
        ]
    }

    /// Aligned columns, a line for each node.
    static func table(_ nodes: [NodeDescription]) -> [String] {
        var rows = [["NODE", "KIND", "MODULES", "LOAD", "AGE", "INBOX"]]
        rows += nodes.map { node in
            [
                node.name, node.isGateway ? "gateway" : "modules",
                node.modules.isEmpty ? "-" : node.modules.joined(separator: ","), "\(node.load)",
                "\(node.ageSeconds)s", node.inbox,
            ]
        }
        if nodes.isEmpty { return [] }
        let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            zip(row.dropLast(), widths).map { text, width in text + String(repeating: " ", count: width - text.count) }
                .joined(separator: "  ") + "  " + row[row.count - 1]
        }
    }
}

/// `gatehouse call`: one call.
struct CallCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "call",
        abstract: "Call a handler and print its result as JSON.",
        discussion: """
              gatehouse call HelloWorld HD_Say '{"say":"hello"}' --rpc udp://127.0.0.1:4001

            Exits with 69 when the call ends in a fault, which goes to standard error.
            """)

    @Argument(help: "The module, as in Chat or Chat@node.")
    var type: String

    @Argument(help: "The handler.")
    var function: String

    @Argument(help: "The body.")
    var body = "{}"

    @OptionGroup var options: ClusterOptions

    @Option(help: "Wait so many seconds.")
    var timeout = 10.0

    func validate() throws { try ClusterOptions.demand(timeout, of: "--timeout") }

    func run() async throws {
        let client = try options.connect()
        let result: Result<[UInt8], RPCFault>
        do throws(RPCFault) {
            result = .success(try await client.call(type, function, [UInt8](body.utf8), within: timeout))
        } catch {
            result = .failure(error)
        }
        await client.close()
        switch result {
        case .success(let text): StandardStreams.print(String(decoding: text, as: UTF8.self))
        case .failure(let fault):
            StandardStreams.complain("error: \(fault.clientText)")
            throw ExitStatus.unavailable
        }
    }
}
