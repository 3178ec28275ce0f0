import ArgumentParser
import GateDescriptors
import GateJSON

/// `gatehouse protocol list`.
struct ProtocolListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the protocols that listeners may name.")

    @OptionGroup var folders: ProtocolFolders

    @Flag(help: "Print one JSON array.")
    var json = false

    func run() throws {
        let catalog = try folders.catalog()
        if json {
            let list = JSONValue.array(catalog.all.map { Self.value($0) })
            StandardStreams.print(String(decoding: list.encoded(pretty: true), as: UTF8.self))
        } else {
            StandardStreams.print(Self.lines(catalog, TerminalStyle.ofStandardOutput).joined(separator: "\n"))
        }
    }

    /// A table; each summary stands below its line.
    static func lines(_ catalog: ProtocolCatalog, _ style: TerminalStyle) -> [String] {
        let entries = catalog.all
        let width = max(12, entries.map(\.descriptor.name.count).max() ?? 0)
        var lines = [
            style.strong(TextColumns.left("NAME", width) + "  VERSION   MAX FRAME  VECTORS  FROM")
        ]
        for entry in entries {
            let descriptor = entry.descriptor
            lines.append(
                style.strong(TextColumns.left(descriptor.name, width)) + "  " + descriptor.version + "  "
                    + TextColumns.right(String(descriptor.frameBytesMax), 9) + "  "
                    + TextColumns.right(String(descriptor.vectorCount), 7) + "  " + entry.origin)
            for line in TextColumns.wrapped(descriptor.summary, TextColumns.width - 4) { lines.append("    " + line) }
            for (name, values) in descriptor.parameterValues {
                lines.append("    ?\(name)=" + values.joined(separator: "|"))
            }
        }
        return lines
    }

    /// One protocol as JSON.
    static func value(_ entry: ProtocolCatalog.Entry) -> JSONValue {
        let descriptor = entry.descriptor
        var parameters = JSONObject()
        for (name, values) in descriptor.parameterValues { parameters[name] = .array(values.map { .string($0) }) }
        return [
            "name": .string(descriptor.name), "version": .string(descriptor.version),
            "summary": .string(descriptor.summary),
            "builtIn": .bool(entry.path == nil), "file": entry.path.map { .string($0) } ?? .null,
            "frameBytesMax": .number(descriptor.frameBytesMax), "vectors": .number(descriptor.vectorCount),
            "parameters": .object(parameters),
        ]
    }
}
