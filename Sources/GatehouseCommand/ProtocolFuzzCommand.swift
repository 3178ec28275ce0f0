import ArgumentParser
import GateDescriptors
import GateFuzz
import GateProtocol

/// `gatehouse protocol fuzz`.
struct ProtocolFuzzCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fuzz",
        abstract: "Send a protocol valid, nearly valid and random frames, and hold it to its promises.",
        discussion: """
            The result must not depend on how the bytes are split, ranges lie inside them, no more waits than a frame may \
            have, and what is written are whole frames. Exit status: 0, or 65 after a failing input, whose smallest form \
            is printed as hex for 'gatehouse protocol decode'.
            """)

    @OptionGroup var folders: ProtocolFolders

    @Option(help: "How long.")
    var seconds = 10

    @Option(help: "Where to begin: the same seed makes the same inputs.")
    var seed: UInt64 = 1

    @Argument(help: ArgumentHelp("The protocol.", valueName: "name|file"))
    var name: String

    func validate() throws {
        guard (1...86_400).contains(seconds) else { throw ValidationError("--seconds must be in 1...86400") }
    }

    func run() throws {
        let entry = try folders.catalog().workbench(name).entry
        let descriptor = entry.descriptor
        var fuzzer: DescriptorFuzzer
        do throws(ProtocolSetupError) {
            // MQTT's packets are made by its description, and go to the engine that listeners speak.
            fuzzer = try DescriptorFuzzer(
                descriptor, parameters: Self.parameters(of: name), seed: seed, speaksMQTT: entry.isMQTT)
        } catch {
            StandardStreams.complain("error: \(error)")
            throw ExitStatus.usage
        }
        let clock = ContinuousClock()
        let end = clock.now + .seconds(seconds)
        while clock.now < end {
            for _ in 0..<64 {
                guard let failure = fuzzer.next() else { continue }
                report(fuzzer.smallest(failure), after: fuzzer.executions)
                throw ExitStatus.data
            }
        }
        StandardStreams.print("ok    \(descriptor.name): \(fuzzer.executions) inputs, no finding (seed \(seed))")
    }

    private func report(_ failure: DescriptorFuzzer.Failure, after executions: Int) {
        StandardStreams.print(
            """
            FAIL  \(name): input \(executions), seed \(seed)
                  \(failure.finding)
                  \(HexText.spaced(failure.input))
            """)
    }

    /// The parameters behind a name, as in `leaf?length=u8&order=le`; they were checked with the name.
    static func parameters(of given: String) -> [String: String] {
        let parts = given.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let pairs = parts.count == 2 ? parts[1].split(separator: "&") : []
        return pairs.reduce(into: [:]) { parameters, pair in
            let halves = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            parameters[String(halves[0])] = halves.count > 1 ? String(halves[1]) : ""
        }
    }
}
