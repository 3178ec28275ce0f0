import ArgumentParser
import GateDescriptors
import GateJSON
import Gatehouse

/// `gatehouse protocol encode`.
struct ProtocolEncodeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "encode",
        abstract: "Put a frame together and print its bytes.",
        discussion: """
            JSON (or JSON5) is an object: {kind: "request", route: "Echo/HD_Raw", id: 7, payload: "hi"}. kind is a \
            request when it is left out, a reply goes by its name; payload is text or any JSON; payload_hex takes bytes; any other field of the \
            frame goes by its name, or with _hex behind it; lengths are filled in. route may be a Type/Function that --route gives a name or code, \
            which is then written. With - it is read from standard input.
            """)

    @OptionGroup var folders: ProtocolFolders
    @OptionGroup var routes: ProtocolRoutes

    @Option(help: ArgumentHelp("Who sends it, where both sides may; the kind says it otherwise.", valueName: "side"))
    var from: ProtocolSide?

    @Flag(help: "Write the bytes themselves to standard output.")
    var raw = false

    @Flag(help: "Print one JSON object.")
    var json = false

    @Argument(help: ArgumentHelp("The protocol.", valueName: "name|file"))
    var name: String

    @Argument(help: ArgumentHelp("What the frame holds.", valueName: "json|-"))
    var values: String

    /// Pairs of digits in a line.
    private static let lineBytes = 24

    func validate() throws {
        if raw && json { throw ValidationError("--raw and --json exclude each other.") }
    }

    func run() throws {
        let bench = try folders.catalog().workbench(name, routes: routes.route).bench
        let frame: ComposedFrame
        do {
            let text = values == "-" ? try FileReading.bytes(of: "/dev/stdin") : Array(values.utf8)
            frame = try bench.compose(JSONDocument(parsing: text, dialect: .json5).value, from: from?.sender)
        } catch {
            StandardStreams.complain("error: \(error)")
            throw ExitStatus.data
        }
        if raw {
            StandardStreams.write(frame.bytes)
        } else if json {
            StandardStreams.print(String(decoding: Self.value(frame).encoded(pretty: true), as: UTF8.self))
        } else {
            StandardStreams.print(Self.lines(frame.bytes).joined(separator: "\n"))
        }
    }

    /// The bytes as hex digits.
    static func lines(_ bytes: [UInt8]) -> [String] {
        stride(from: 0, to: bytes.count, by: lineBytes).map { start in
            HexText.spaced(bytes[start..<min(start + lineBytes, bytes.count)])
        }
    }

    /// The frame as JSON.
    static func value(_ frame: ComposedFrame) -> JSONValue {
        [
            "kind": .string(frame.kind), "from": .string(frame.sender.rawValue), "bytes": .number(frame.bytes.count),
            "hex": .string(frame.bytes.map { HexText.digits($0) }.joined()),
        ]
    }
}
