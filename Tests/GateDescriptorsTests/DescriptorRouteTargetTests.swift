import GateJSON
import GateProtocol
import GateTestKit
import Testing

@testable import GateDescriptors

@Suite("What a workbench knows of a listener")
struct DescriptorRouteTargetTests {
    private func bench(_ name: String, routes: [String: String] = [:], route: String? = nil) throws
        -> DescriptorWorkbench
    {
        let file = try #require(DescriptorLibrary.shippedFiles.first { $0.protocolName == name })
        let descriptor = try #require(DescriptorLibrary().descriptor(named: name))
        var options = ProtocolOptions()
        options.routes = routes
        return try DescriptorWorkbench(descriptor, file, options: options, listenerRoute: route)
    }

    private func target(_ bench: DescriptorWorkbench, _ digits: String, from side: Dissection.Sender = .client)
        -> String?
    {
        let meaning = bench.dissect(hex(digits), from: side).frames.first?.meanings.first { $0.name == "target" }
        if case .text(let text) = meaning?.value { return text }
        return nil
    }

    @Test func aCodeLeadsWhereItsEntrySays() throws {
        let game = try bench("firefly", routes: ["1": "Game/HD_One"], route: "Game/HD_Other")
        #expect(target(game, "00000000 00 00000000 00000004 00000001") == "Game/HD_One")
        #expect(target(game, "00000000 00 00000000 00000004 00000002") == "Game/HD_Other")
        #expect(target(try bench("firefly"), "00000000 00 00000000 00000004 00000001") == nil)
    }

    @Test func aNameLeadsByItsEntryItsPartsOrItself() throws {
        let named = try bench("pomelo", routes: ["a.b.c": "Chat/HD_Say"])
        #expect(target(named, "04000009 00 01 05 612e622e63 78") == "Chat/HD_Say")
        #expect(target(try bench("pomelo"), "04000009 00 01 05 612e622e63 78") == "b/c")
        #expect(target(try bench("pomelo"), "04000007 00 01 03 612f62 78") == "a/b")
        #expect(target(try bench("length32", route: "A/b"), "00000001 78") == "A/b")
    }

    @Test func aPushIsAboutItsEntry() throws {
        let named = try bench("pomelo", routes: ["onChat": "Chat/OnChat"])
        #expect(target(named, "04000005 07 0001 7b7d", from: .server) == "Chat/OnChat")
    }

    @Test(arguments: [
        ("{kind: 'push', route: 'Chat/OnChat', payload: {}}", "04000005 07 0001 7b7d"),
        ("{id: 1, route: 'onChat', payload: {}}", "04000006 01 01 0001 7b7d"),
        ("{id: 1, route: 'other', payload: {}}", "0400000a 00 01 05 6f74686572 7b7d"),
    ])
    func aRouteIsWrittenAsTheClientsOwnCode(json: String, bytes: String) throws {
        let named = try bench("pomelo", routes: ["onChat": "Chat/OnChat"])
        let value = try JSONDocument(parsing: Array(json.utf8), dialect: .json5).value
        #expect(try named.compose(value).bytes == hex(bytes))
    }

    @Test func aReplyIsCalledByItsNameAndWrittenByIt() throws {
        let photon = try bench("photon-json")
        let pong = Array(#"~m~54~m~~j~{"irs":1,"err":0,"msg":"","vals":[1,3159,2,123456]}"#.utf8)
        #expect(photon.dissect(pong, from: .server).frames.map(\.kind) == ["pong"])
        let entity = try bench("kbengine")
        let created = hex("f801 1400 8877665544332211 07000000 4163636f756e7400")
        #expect(entity.dissect(created, from: .server).frames.map(\.kind) == ["created"])
        let tick = try entity.compose(["kind": "tick"], from: .server)
        #expect(tick.bytes == hex("4800"))
        #expect(tick.sender == .server)
        #expect(try entity.compose(["kind": "tick"]).bytes == hex("0b00"))
    }

    @Test func theListenersOwnPlaceCountsBeforeTheDefault() throws {
        let descriptor = try #require(DescriptorLibrary().descriptor(named: "kbengine"))
        var options = ProtocolOptions()
        options.listenerHost = "10.0.0.1"
        options.listenerPort = 513
        let login = hex("0300 0d00 00 00000000 6163637400 3100 00")
        #expect(
            try answer(descriptor, options, login)
                == hex("f601 1800 6163637400 31302e302e302e3100 0102 0000 02000000 7364"))
        options.parameters = ["ip": "1.1.1.1", "port": "7"]
        #expect(
            try answer(descriptor, options, login)
                == hex("f601 1700 6163637400 312e312e312e3100 0700 0000 02000000 7364"))
    }

    private func answer(
        _ descriptor: ProtocolDescriptor, _ options: ProtocolOptions, _ input: [UInt8]
    ) throws -> [UInt8] {
        let driver = WireDriver(try descriptor.definition().configure(options)())
        driver.receive(input)
        return driver.takeOutput()
    }

    @Test(arguments: [
        ("length16", ProtocolNaming.nothing), ("line", .nothing), ("skynet-login", .nothing), ("firefly", .codes),
        ("skynet", .codes), ("scut", .codes), ("photon-json", .codes), ("kbengine", .codes), ("pomelo", .names),
        ("amp", .names), ("leaf-json", .names), ("length32-json", .names),
    ])
    func aProtocolSaysHowItsClientsNameThings(name: String, naming: ProtocolNaming) throws {
        #expect(try #require(DescriptorLibrary().descriptor(named: name)).definition().naming == naming)
    }
}
