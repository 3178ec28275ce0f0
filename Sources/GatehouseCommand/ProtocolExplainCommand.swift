import ArgumentParser
import GateDescriptors

/// `gatehouse protocol explain`.
struct ProtocolExplainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Draw the bytes of a protocol's frames, and say what they mean.")

    @OptionGroup var folders: ProtocolFolders

    @Argument(help: ArgumentHelp("The protocol.", valueName: "name|file"))
    var name: String

    func run() throws {
        let bench = try folders.catalog().workbench(name).bench
        let descriptor = bench.descriptor
        let lines = DescriptorPicture(.ofStandardOutput)
            .lines(bench.outline, name: descriptor.name, summary: descriptor.summary)
        StandardStreams.print(lines.joined(separator: "\n"))
    }
}
