import ArgumentParser
import GateDescriptors
import GateJSON
import GateProtocol

/// `gatehouse protocol check`.
struct ProtocolCheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Load descriptor files and run their vectors.",
        discussion: """
            Each vector runs with its bytes whole, byte by byte, and split. Exit status: 0, or 78 when a file has a \
            fault or a vector fails.
            """)

    @Argument(help: ArgumentHelp("Descriptor files, or names of protocols that are built in.", valueName: "file"))
    var files: [String]

    func run() throws {
        let catalog = try ProtocolCatalog(folders: [])
        let style = TerminalStyle.ofStandardOutput
        var isGood = true
        for given in files {
            guard let file = Self.file(given, catalog) else {
                isGood = false
                continue
            }
            let report = Self.report(file, style)
            StandardStreams.print(report.lines.joined(separator: "\n"))
            isGood = isGood && report.isGood
        }
        if !isGood { throw ExitStatus.configuration }
    }

    private static func file(_ given: String, _ catalog: ProtocolCatalog) -> DescriptorFile? {
        if given.contains("/") || given.hasSuffix(".json5") { return ProtocolCatalog.file(given) }
        if let entry = catalog.entries.first(where: { $0.descriptor.name == given }) { return entry.file }
        return ProtocolCatalog.file(given)
    }

    /// What there is to say about a file.
    static func report(_ file: DescriptorFile, _ style: TerminalStyle) -> (lines: [String], isGood: Bool) {
        switch ProtocolDescriptor.load(file) {
        case .failed(let problems):
            let count = problems.count == 1 ? "1 fault" : "\(problems.count) faults"
            return (problems.map { "\($0)" } + [style.bad("FAIL") + "  \(file.name): \(count)"], false)
        case .loaded(let descriptor):
            let failures = descriptor.checkVectors()
            var lines: [String] = []
            let skipped = descriptor.skippedVectors
            for (path, note) in notes(descriptor, file) {
                if let reason = skipped.first(where: { $0.path == path })?.reason {
                    lines.append("skip  \(TextColumns.left(String(path.dropFirst(2)), 13)) \(note) (\(reason))")
                    continue
                }
                let own = failures.filter { $0.path == path }
                let name = TextColumns.left(String(path.dropFirst(2)), 13)
                lines.append((own.isEmpty ? style.good("ok  ") : style.bad("FAIL")) + "  \(name) \(note)")
                for failure in own { lines += text(failure, file.name) }
            }
            let failed = Set(failures.map(\.path)).count
            let count = descriptor.vectorCount == 1 ? "1 vector" : "\(descriptor.vectorCount) vectors"
            let verdict = failed == 0 ? style.good("ok  ") : style.bad("FAIL")
            let left = skipped.isEmpty ? "" : ", \(skipped.count) skipped"
            lines.append("\(verdict)  \(file.name): \(descriptor.name), \(count), \(failed) failed\(left)")
            return (lines, failed == 0)
        }
    }

    private static func notes(_ descriptor: ProtocolDescriptor, _ file: DescriptorFile) -> [(
        path: String, note: String
    )] {
        (try? DescriptorWorkbench(descriptor, file, options: ProtocolOptions()))?.vectorNotes ?? []
    }

    /// A failure: where it is, what was expected, and what came.
    private static func text(_ failure: DescriptorVectorFailure, _ file: String) -> [String] {
        let place = "\(file):\(failure.position.line):\(failure.position.column)"
        return [
            "      \(place): \(failure.part.rawValue) differs, fed \(failure.feeding)",
            "        expected  \(failure.expected)",
            "        got       \(failure.found)",
        ]
    }
}
