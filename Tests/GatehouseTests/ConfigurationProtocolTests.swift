import Gatehouse
import Testing

@Suite("Listeners against the protocols that there are")
struct ConfigurationProtocolTests {
    @Test(arguments: [
        ("mqtt://:1", nil), ("length16://:1?route=A/b", nil), ("length32://:1?route=A/b", nil),
        ("length32-json://:1", nil),
        ("mqt://:1", "--listen: listener: no protocol is called 'mqt', did you mean 'mqtt'?"),
        ("mqtt://:1?rout=A/b", "--listen: listener: the protocol has no parameter 'rout', it takes none"),
    ])
    func aListenerNeedsAProtocolThatTakesItsParameters(url: String, fault: String?) throws {
        var loaded = try #require(resolve(flags: [ConfigurationFlag("listen", url)]).loaded)
        var found: [String] = []
        do {
            try loaded.checkProtocols()
        } catch {
            found = error.faults.map(\.description)
        }
        #expect(found == [fault].compactMap(\.self))
        #expect(loaded.notices == [])
    }

    @Test(arguments: [
        ("length16://:1", "do not say what they call"), ("line://:1?takeover=false", "do not say what they call"),
        ("firefly://:1", "in numbers"), ("skynet://:1", "in numbers"), ("firefly://:1?route=A/b", nil),
        ("amp://:1", nil), ("leaf-json://:1", nil), ("length32-json://:1", nil),
        ("mqtt://:1", nil),
    ])
    func aListenerThatLeadsNowhereIsNoticed(url: String, words: String?) throws {
        var loaded = try #require(resolve(flags: [ConfigurationFlag("listen", url)]).loaded)
        try loaded.checkProtocols()
        #expect(loaded.notices.count == (words == nil ? 0 : 1))
        if let words { #expect(loaded.notices.first?.description.contains(words) == true) }
    }

    @Test func aBuildThatCannotReadWhatClientsCompressSaysSo() throws {
        var loaded = try #require(resolve(flags: [ConfigurationFlag("listen", "pomelo://:1")]).loaded)
        try loaded.checkProtocols()
        let texts = loaded.notices.map(\.description).filter { $0.contains("compress") }
        #if Zlib
            let expected = 0
        #else
            let expected = 1
        #endif
        #expect(texts.count == expected)
        #expect(loaded.notices.count == texts.count)
        #expect(
            texts.allSatisfy { $0.hasPrefix("--listen: ") && $0.contains("'pomelo'") && $0.contains("--traits Zlib") })
    }

    @Test func anUnknownProtocolNamesThoseThereAre() throws {
        var loaded = try #require(resolve(flags: [ConfigurationFlag("listen", "coap://:1")]).loaded)
        let thrown = #expect(throws: ConfigurationFaults.self) { try loaded.checkProtocols() }
        let text = try #require(thrown?.faults.first?.description)
        #expect(text.hasPrefix("--listen: listener: no protocol is called 'coap', there are "))
        for name in ["'length16'", "'length32'", "'length32-json'", "'mqtt'"] { #expect(text.contains(name)) }
    }

    @Test func aFolderThatCannotBeReadIsAFaultOfItsFlag() throws {
        let flags = [ConfigurationFlag("protocols", "/nonexistent"), ConfigurationFlag("protocols", "/dev/null")]
        var loaded = try #require(resolve(flags: flags).loaded)
        let thrown = #expect(throws: ConfigurationFaults.self) { try loaded.checkProtocols() }
        #expect(
            thrown?.faults.map(\.description) == [
                "--protocols: folder '/nonexistent' cannot be read: No such file or directory",
                "--protocols: folder '/dev/null' cannot be read: Not a directory",
            ])
        #expect(thrown?.areAllFlags == true)
    }

    @Test func theProgramsOwnProtocolsCount() throws {
        var loaded = try #require(resolve(flags: [ConfigurationFlag("listen", "own://:1")]).loaded)
        let own = ProtocolDefinition(name: "own", summary: "refuses all") { options throws(ProtocolSetupError) in
            throw .invalidParameter("a", value: "b", allowed: "c")
        }
        let thrown = #expect(throws: ConfigurationFaults.self) { try loaded.checkProtocols(adding: [own]) }
        #expect(thrown?.faults.map(\.description) == ["--listen: listener: a: expected c, found 'b'"])
    }
}
