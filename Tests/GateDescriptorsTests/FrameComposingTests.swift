import GateJSON
import GateProtocol
import Testing

@testable import GateDescriptors

@Suite struct FrameComposingTests {
    private func value(_ text: String) throws -> JSONValue {
        try JSONDocument(parsing: Array(text.utf8), dialect: .json5).value
    }

    @Test(arguments: [
        ("length16", "{payload: 'abc'}", "0003 616263"),
        ("length16", "{payload_hex: '00 ff'}", "0002 00ff"),
        ("length16", "{kind: 'error', error: 'no'}", "000e 7b224572726f72223a226e6f227d"),
        ("leaf-pb", "{code: 3, payload: 'abc'}", "0005 0003 616263"),
        ("cellnet", "{code: 77, payload: 'abc'}", "0500 4d00 616263"),
        ("netstring", "{payload: 'hello'}", "353a 68656c6c6f 2c"),
        ("line", "{payload: 'abc'}", "616263 0d0a"),
        ("skynet-msgserver", "{id: 7, payload: 'abc'}", "0007 616263 00000007"),
        ("skynet-msgserver", "{kind: 'response', id: 7, payload: 'abc'}", "0008 616263 01 00000007"),
        ("pomelo", "{kind: 'heartbeat'}", "03 000000"),
        ("pomelo", "{kind: 'handshake', text: '{}'}", "01 000002 7b7d"),
        ("pomelo", "{id: 7, code: 3, payload: [1]}", "04 000007 01 07 0003 5b315d"),
        ("pomelo", "{kind: 'notify', route: 'a.b', payload: [1]}", "04 000008 02 03 612e62 5b315d"),
        ("pomelo", "{kind: 'push', route: 'on', payload: {}}", "04 000006 06 02 6f6e 7b7d"),
        // One with an id is a call.
        ("cellnet", "{code: 4673, payload: 'a'}", "0300 4112 61"),
        ("cellnet", "{code: 4673, id: 1, payload: 'a'}", "0a00 15e5 01c124 0a0161 1101"),
        ("cellnet", "{kind: 'response', code: 4673, id: 1, payload: 'a'}", "0a00 fc4f 01c124 0a0161 1101"),
        ("pomelo", "{id: 1, gzip: 0, route: 'a', payload: [1]}", "04 000007 00 01 01 61 5b315d"),
        ("skynet", "{code: 1, id: 1}", "0004 15020404"),
        (
            "scut", "{kind: 'response', error: '', payload: 'x'}",
            "1b000000 1b000000 00000000 00000000 00000000 00000000 02000000 7374 78"
        ),
        ("kbengine", "{kind: 'define'}", "d000"),
        (
            "skynet", "{code: 3, id: 2, payload_hex: '0200 0000 0000 05000000 68656c6c6f 05000000 776f726c64'}",
            "0014 550208060210053f68656c6c6f053e776f726c64"
        ),
        ("skynet", "{kind: 'notify', code: 1}", "0003 050104"),
        (
            "scut", "{code: 9, id: 7}",
            "600000003f643d4d73674964253364372532365369642533642532365569642533643025323653742533642532"
                + "36616374696f6e4964253364392532367369676e25336437323339623033313261343965633530353262306133"
                + "30356463663937356536"
        ),
        ("photon-tcp", "{kind: 'response', code: 229, result: 5}", "fb 0000000f 00 01 f3 03 e5 0005 2a 0000"),
        (
            "scut", "{kind: 'response', id: 2, code: 9, error: 'no', failed: 3}",
            "1c000000 1c000000 03000000 02000000 02000000 6e6f 09000000 02000000 7374"
        ),
        (
            "amp", "{id: 'q', route: 'S', payload: {a: '1'}}",
            "0004 5f61736b 0001 71 0008 5f636f6d6d616e64 0001 53 0001 61 0001 31 0000"
        ),
    ])
    func fillsInWhatAFrameNeeds(name: String, json: String, bytes: String) throws {
        #expect(try workbench(name).compose(value(json)).bytes == hex(bytes))
    }

    @Test func outlinesChecksAndCompressedGroups() throws {
        let text = """
            {limits: {max_inflated: 77}, frame: [
               {name: "size", type: "u8", counts: "after"}, {name: "flag", type: "u8"},
               {type: "group", when: {flag: [0, 1]}, inflate: {method: "zlib", when: {flag: 1}},
                fields: [{name: "payload", type: "bytes", len: "rest"}, {name: "sum", type: "check", alg: "crc32"}]}]}
            """
        let file = DescriptorFile(name: "test.json5", bytes: Array(text.utf8))
        let bench = try DescriptorWorkbench(try load(text), file, options: ProtocolOptions())
        let outline = bench.outline
        let fields = try #require(outline.layouts.first).fields
        #expect(fields.map(\.width) == ["1 byte", "1 byte", "rest", "4 bytes"])
        #expect(fields[2].notes == ["when flag: 0, 1", "inflate (method = zlib, when (flag = 1))"])
        #expect(outline.settings.map(\.name) == ["max_frame", "max_inflated"])
        let composed = try bench.compose(value("{payload: 'a'}")).bytes
        #expect(bench.dissect(composed, from: .client).frames.first?.fields.map(\.byteCount) == [1, 1, 1, 4])
    }

    @Test func knowsWhoSendsAKind() throws {
        let bench = try workbench("length32-json")
        let request = try bench.compose(value("{route: 'A/b', id: 'x', payload: 1}"))
        #expect(request.sender == .client)
        #expect(request.bytes == frame32(#"{"route":"A/b","id":"x","body":1}"#))
        let push = try bench.compose(value("{kind: 'push', route: 'A/b', payload: 'hi'}"))
        #expect(push.sender == .server)
        #expect(push.bytes == frame32(#"{"route":"A/b","body":"hi"}"#))
    }

    @Test(arguments: [
        ("length16", "[]", FrameComposingFault.notAnObject),
        ("leaf-pb", "{kind: 'kick'}", .unknownKind("kick", known: ["request", "response", "push"])),
        ("length16", "{id: 3}", .noPlace("id")),
        ("length16", "{route: 'A/b', payload: 'x'}", .noPlace("route")),
        (
            "length16", "{flag: 3}",
            .unknownField("flag", known: ["kind", "route", "id", "payload", "payload_hex", "size"])
        ),
        ("length16", "{size: 3}", .lengthIsFilledIn("size")),
        ("length16", "{payload_hex: '0'}", .wrongValue("payload_hex", expected: "a string of pairs of hex digits")),
        ("length16", "{kind: 1}", .wrongValue("kind", expected: "a string")),
        ("length16", "{id: -1}", .wrongValue("id", expected: "a number from 0 or a string")),
        (
            "skynet-msgserver", "{id: 4294967296, payload: 'x'}",
            .wrongValue("id", expected: "a number that its field can hold")
        ),
        ("length32-json", "{route: 'A/b'}", .readsDifferently("a frame of kind 'notify'")),
        (
            "scut", "{code: 1, id: 1, payload: [1]}",
            .wrongValue("payload", expected: "an object of texts, such as {name: \"a b\"}")
        ),
        ("skynet", "{code: 1}", .wrongValue("id", expected: "the session of a request, a number from 0")),
    ])
    func refusesWhatMakesNoFrame(name: String, json: String, fault: FrameComposingFault) throws {
        let bench = try workbench(name)
        let given = try value(json)
        #expect(throws: fault) { try bench.compose(given) }
    }

    /// What is no frame at all may be one in each of its bytes: the second one says enough.
    @Test func whatIsReadAsThousandsOfFramesIsMoreThanOne() throws {
        let zeros = String(repeating: "00", count: 30_000)
        let text = """
            {
              frame: [{name: "size", type: "u16", counts: "after"}, {name: "payload", type: "bytes", len: "rest"}],
              states: {open: {request: "deliver"}}, on_open: "reply greet", replies: {greet: {raw: {hex: "\(zeros)"}}},
              kinds: {request: {}, response: {}},
            }
            """
        let file = DescriptorFile(name: "test.json5", bytes: Array(text.utf8))
        let bench = try DescriptorWorkbench(try load(text), file, options: ProtocolOptions(frameBytesMax: 1 << 20))
        #expect(throws: FrameComposingFault.readsDifferently("more than one frame")) {
            try bench.compose(["kind": "greet"], from: .server)
        }
    }

    @Test(arguments: [(255, true), (256, true), (257, false)])
    func holdsFramesToTheLimit(bytes: Int, passes: Bool) throws {
        let bench = try workbench("int8")
        let given = JSONValue.object(["payload": .string(String(repeating: "x", count: bytes - 1))])
        if passes {
            #expect(try bench.compose(given).bytes.count == bytes)
        } else {
            #expect(throws: FrameComposingFault.notEncodable("'size': 256 does not fit: at most 255")) {
                try bench.compose(given)
            }
        }
    }

    @Test func theSkeletonIsGoodAsItIs() throws {
        let text = DescriptorSkeleton.text("my-game")
        let file = DescriptorFile(name: "my-game.json5", bytes: Array(text.utf8))
        guard case .loaded(let descriptor) = ProtocolDescriptor.load(file) else {
            Issue.record("the skeleton has faults")
            return
        }
        #expect(descriptor.vectorCount == 3)
        #expect(descriptor.checkVectors() == [])
    }
}
