import ArgumentParser
import GateDescriptors
import Gatehouse

/// Who sent the bytes, on the command line.
enum ProtocolSide: String, ExpressibleByArgument, CaseIterable {
    case client, server

    var sender: Dissection.Sender { self == .client ? .client : .server }
}

/// `gatehouse protocol decode`.
struct ProtocolDecodeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "decode",
        abstract: "Take bytes apart: every frame, its kind and its fields.",
        discussion: """
            HEX are hex digits; blanks, line ends, commas, colons, 0x and \\x between bytes do not matter. With - the \
            bytes are read from standard input, as hex digits or as they are.

            Exit status: 0, or 65 when the bytes do not end with a whole frame.
            """)

    @OptionGroup var folders: ProtocolFolders
    @OptionGroup var routes: ProtocolRoutes

    @Option(help: ArgumentHelp("Who sent the bytes.", valueName: "side"))
    var from = ProtocolSide.client

    @Flag(help: "Take standard input as it is, even when it looks like hex digits.")
    var raw = false

    @Flag(help: "Print one JSON object.")
    var json = false

    @Argument(help: ArgumentHelp("The protocol.", valueName: "name|file"))
    var name: String

    @Argument(help: ArgumentHelp("The bytes.", valueName: "hex|-"))
    var hex: [String]

    func run() throws {
        let (bench, entry) = try folders.catalog().workbench(name, routes: routes.route)
        let bytes = try input()
        var dissection = bench.dissect(bytes, from: from.sender)
        if entry.isMQTT { dissection.nameKinds(byField: DescriptorLibrary.mqttPacketField) }
        if json {
            let value = DissectionJSON.value(dissection, byteCount: bytes.count)
            StandardStreams.print(String(decoding: value.encoded(pretty: true), as: UTF8.self))
        } else {
            let lines = DissectionText(bytes, .ofStandardOutput).lines(dissection)
            StandardStreams.print(lines.joined(separator: "\n"))
        }
        if dissection.ending != .complete { throw ExitStatus.data }
    }

    private func input() throws -> [UInt8] {
        do {
            guard hex == ["-"] else { return try HexText.bytes(of: hex.joined(separator: " ")) }
            let bytes = try FileReading.bytes(of: "/dev/stdin")
            return raw ? bytes : try HexText.bytes(ofInput: bytes)
        } catch {
            StandardStreams.complain("error: \(error)")
            throw ExitStatus.usage
        }
    }
}
