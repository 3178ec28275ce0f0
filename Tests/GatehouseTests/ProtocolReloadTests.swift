import GateJSON
import GateTestKit
import Gatehouse
import Glibc
import Testing

@Suite("Reload of protocol files")
struct ProtocolReloadTests {
    private static let good = """
        {
            // A length in two bytes, then the body.
            protocol: "mine", summary: "SUMMARY",
            frame: [
                {name: "size", type: "u16", counts: "after"},
                {name: "payload", type: "bytes", len: "rest"},
            ],
            kinds: {request: {}, response: {}, push: {}, error: {}, kick: {}},
        }
        """

    /// A fresh folder with one file; the caller removes it.
    private func folder(_ text: String) throws -> String {
        let path = "/tmp/gatehouse-protocols-\(getpid())-\(UInt64.random(in: 0 ... .max))"
        try #require(unsafe mkdir(path, 0o700) == 0)
        try write(text, to: path)
        return path
    }

    private func write(_ text: String, to folder: String) throws {
        try FileWriting.replace("\(folder)/mine.json5", with: Array(text.utf8))
    }

    private func remove(_ folder: String) {
        unsafe unlink("\(folder)/mine.json5")
        unsafe rmdir(folder)
    }

    private func server(_ folder: String, _ log: Record<RecordingLog.Line> = Record()) throws -> GatehouseServer {
        var configuration = ServerConfiguration()
        configuration.loops = 1
        configuration.protocolDirectories = [folder]
        configuration.listeners = [try ListenerConfiguration(url: "mine://127.0.0.1:0?route=Talk/HD_Say")]
        return GatehouseServer(configuration, modules: [], logger: RecordingLog.logger(into: log))
    }

    private func summary(_ server: GatehouseServer) throws -> String {
        try server.protocols.definition(named: "mine").summary
    }

    @Test func takesANewVersion() async throws {
        let folder = try folder(Self.good)
        defer { remove(folder) }
        let server = try server(folder)
        try await server.start()
        try write(Self.good.replacing("SUMMARY", with: "the second"), to: folder)
        server.reloadProtocols()
        #expect(try summary(server) == "the second")
        await server.stop(within: 1)
    }

    @Test func keepsTheLastGoodVersion() async throws {
        let folder = try folder(Self.good)
        defer { remove(folder) }
        let server = try server(folder)
        try await server.start()
        try write("{ protocol: \"mine\", frame: [ {name: 1} ] }", to: folder)
        server.reloadProtocols()
        #expect(try summary(server) == "SUMMARY")
        #expect(versions(server).count == 1)
        await server.stop(within: 1)
    }

    @Test func aFileThatStaysTheSameStaysTheSameVersion() async throws {
        let folder = try folder(Self.good)
        defer { remove(folder) }
        let server = try server(folder)
        try await server.start()
        let before = versions(server)
        try write(Self.good, to: folder)
        server.reloadProtocols()
        #expect(versions(server) == before)
        try write(Self.good.replacing("SUMMARY", with: "the second"), to: folder)
        server.reloadProtocols()
        // No connection speaks the first one, so it is not listed any more.
        #expect(versions(server).count == 1)
        #expect(versions(server) != before)
        await server.stop(within: 1)
    }

    /// A pipe without a writer would hold whoever opens it.
    @Test func passesOverAPipeInTheFolder() async throws {
        let folder = try folder(Self.good)
        defer { remove(folder) }
        let pipe = "\(folder)/a-pipe.json5"
        try #require(unsafe mkfifo(pipe, 0o600) == 0)
        defer { unsafe unlink(pipe) }
        #expect(throws: FileFault.notRegular) { try FileReading.bytes(found: pipe) }
        #expect("\(FileFault.notRegular)" == "it is no regular file")
        let server = try server(folder)
        try await server.start()
        #expect(try summary(server) == "SUMMARY")
        try write(Self.good.replacing("SUMMARY", with: "the second"), to: folder)
        server.reloadProtocols()
        #expect(try summary(server) == "the second")
        await server.stop(within: 1)
    }

    /// Each change of another file said so again.
    @Test func whatCannotBeReadIsSaidOnce() async throws {
        let folder = try folder(Self.good)
        defer { remove(folder) }
        let other = "\(folder)/other.json5"
        defer { unsafe rmdir(other) }
        let log = Record<RecordingLog.Line>()
        let server = try server(folder, log)
        func said() -> Int {
            log.all.count { $0.message == "protocol file cannot be read" && $0.metadata["file"] == other }
        }
        try await server.start()
        for (round, times) in [1, 1, 1, 2].enumerated() {
            if round == 0 { try #require(unsafe mkdir(other, 0o700) == 0) }
            if round == 3 {
                try #require(unsafe rmdir(other) == 0)
                server.reloadProtocols()
                try #require(unsafe mkdir(other, 0o700) == 0)
            }
            try write(Self.good.replacing("SUMMARY", with: "round \(round)"), to: folder)
            server.reloadProtocols()
            #expect(try summary(server) == "round \(round)")
            #expect(said() == times)
        }
        await server.stop(within: 1)
    }

    /// Of two files with one name the one of the later folder counts, whenever they are read.
    @Test func theLaterFolderCountsEachTime() async throws {
        let folders = [try folder(Self.good), try folder(Self.good.replacing("SUMMARY", with: "the later"))]
        defer { folders.forEach(remove) }
        var configuration = ServerConfiguration()
        configuration.loops = 1
        configuration.protocolDirectories = folders
        configuration.listeners = [try ListenerConfiguration(url: "mine://127.0.0.1:0?route=Talk/HD_Say")]
        let server = GatehouseServer(configuration, modules: [])
        try await server.start()
        let before = versions(server)
        for _ in 0..<3 {
            #expect(try summary(server) == "the later")
            server.reloadProtocols()
        }
        #expect(versions(server) == before)
        // A fault in the later one keeps the last good version, which was its own.
        try write("{", to: folders[1])
        server.reloadProtocols()
        #expect(try summary(server) == "the later")
        await server.stop(within: 1)
    }

    @Test func whenAFileGoesTheBuiltInProtocolComesBack() async throws {
        let folder = try folder(Self.good)
        defer { remove(folder) }
        let own = Self.good.replacing("mine", with: "length16")
        try FileWriting.replace("\(folder)/length16.json5", with: Array(own.utf8))
        let server = try server(folder)
        try await server.start()
        #expect(try server.protocols.definition(named: "length16").summary == "SUMMARY")
        unsafe unlink("\(folder)/length16.json5")
        server.reloadProtocols()
        #expect(try server.protocols.definition(named: "length16").summary.hasPrefix("u16 length"))
        // One without a built-in of its name stays.
        unsafe unlink("\(folder)/mine.json5")
        server.reloadProtocols()
        #expect(try summary(server) == "SUMMARY")
        await server.stop(within: 1)
    }

    /// One listener cannot speak the new version, so that none does.
    @Test func listenersOfOneProtocolChangeTogether() async throws {
        let text = Self.good.replacing("frame:", with: "parameters: {order: [\"be\", \"le\"]}, frame:")
        let folder = try folder(text)
        defer { remove(folder) }
        var configuration = ServerConfiguration()
        configuration.loops = 1
        configuration.protocolDirectories = [folder]
        configuration.listeners = [
            try ListenerConfiguration(url: "mine://127.0.0.1:0?route=Talk/HD_Say"),
            try ListenerConfiguration(url: "mine://127.0.0.1:0?route=Talk/HD_Say&order=le"),
        ]
        let server = GatehouseServer(configuration, modules: [])
        try await server.start()
        let before = versions(server)
        try write(Self.good.replacing("SUMMARY", with: "the second"), to: folder)
        server.reloadProtocols()
        #expect(try summary(server) == "SUMMARY")
        #expect(versions(server) == before)
        await server.stop(within: 1)
    }

    @Test func filesBehindADotAreNone() throws {
        #expect(DescriptorFolders.isDescriptor("mine.json5"))
        for (text, isOther) in [
            ("{listeners: ['mqtt://:1']}", true), ("{kinds: {}}", false), ("{}", false), ("{", false), ("[]", false),
            ("{Module: {}, Settings: {}}", true), ("{frame: [], limits: {}}", false),
        ] {
            #expect(DescriptorFolders.isOther(Array(text.utf8)) == isOther, "\(text)")
        }
        #expect(!DescriptorFolders.isDescriptor(".mine.json5"))
        #expect(!DescriptorFolders.isDescriptor("mine.json"))
    }

    /// The versions that a server's counters list.
    private func versions(_ server: GatehouseServer) -> [JSONValue?] {
        guard case .array(let list)? = server.counters["protocols"] else { return [] }
        return list.map { $0["version"] }
    }
}
