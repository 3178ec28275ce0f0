import ArgumentParser
import Gatehouse
import Testing

@testable import GatehouseCommand

@Suite("Flags of serve and check-config")
struct ConfigurationOptionsTests {
    /// The flags that a command line leads to, as `spelling name=value`.
    private func flags(_ arguments: [String]) throws -> [String] {
        try ConfigurationOptions.parse(arguments).flags.map { "\($0.spelling) \($0.name)=\($0.value)" }
    }

    @Test(arguments: [
        ["-pid", "a"], ["-pid=a"], ["--pid", "a"], ["--pid=a"],
    ])
    func mqantsFlagsAreReadAsGoReadsThem(arguments: [String]) throws {
        #expect(try flags(arguments) == ["-pid process-group=a"])
    }

    @Test func mqantsFlagsHaveTheirMeaning() throws {
        let options = try ConfigurationOptions.parse([
            "-wd", "/w", "-conf", "c.json", "-pid", "p", "-log", "l", "-bi", "b",
        ])
        #expect(options.mqant.workingDirectory == "/w")
        #expect(options.mqant.configurationFile == "c.json")
        #expect(options.flags.map(\.spelling) == ["-pid", "-log"])
        #expect(options.flags.map(\.name) == ["process-group", "log-dir"])
        #expect(options.mqant.notices.map(\.description) == ["-bi: flag is ignored: there is no BI log"])
    }

    @Test func ourOwnFlagGoesBeforeMqants() throws {
        let flags = try ConfigurationOptions.parse(["--process-group", "ours", "-pid", "mqants"]).flags
        let loaded = try ConfigurationLoader(nodeName: "here").resolve(file: nil, flags: flags)
        #expect(loaded.configuration.processGroup == "ours")
    }

    @Test func repeatedFlagsKeepTheirOrder() throws {
        let arguments = ["--listen", "a://:1", "--guard=A_", "--listen=b://:2", "--protocols", "d", "--guard", "B_"]
        let expected = [
            "--listen listen=a://:1", "--listen listen=b://:2", "--protocols protocols=d", "--guard guard=A_",
            "--guard guard=B_",
        ]
        #expect(try flags(arguments) == expected)
    }

    @Test(arguments: ConfigurationLoader.flagNames)
    func eachSettingHasAFlagThatSetsIt(name: String) throws {
        #expect(try flags(["--" + name, "x"]) == ["--\(name) \(name)=x"])
    }

    @Test(arguments: [["--nope"], ["--loops"], ["-pid"], ["stray"]])
    func aWrongCommandLineIsAMatterOfUsage(arguments: [String]) {
        let error = #expect(throws: (any Error).self) { try ConfigurationOptions.parse(arguments) }
        #expect(error.map { ConfigurationOptions.exitCode(for: $0) } == ExitCode(64))
    }
}
