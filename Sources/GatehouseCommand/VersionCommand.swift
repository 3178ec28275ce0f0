import ArgumentParser
import GateJSON
import Gatehouse

/// `gatehouse version`.
struct VersionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "version", abstract: "Print the versions of the program and of what it is built with.")

    @Flag(help: "Print one JSON object.")
    var json = false

    func run() {
        let parts = ProgramVersion.parts
        if json {
            var object = JSONObject()
            for (name, version) in parts { object[name] = .string(version) }
            StandardStreams.print(String(decoding: JSONValue.object(object).encoded(), as: UTF8.self))
        } else {
            for (name, version) in parts { StandardStreams.print("\(name) \(version)") }
        }
    }
}
