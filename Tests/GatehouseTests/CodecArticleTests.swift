import GateTestKit
import Gatehouse
import GatehouseDemo
import Testing

/// The article "Write a codec in Swift": its code is compiled here, and does what it says.
@Suite struct CodecArticleTests {
    private static let folder = "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/")

    private func text(_ path: String) throws -> String {
        String(decoding: try FileReading.bytes(of: "\(Self.folder)/\(path)"), as: UTF8.self)
    }

    /// Lines without their indentation, so that code inside a function can be compared.
    private func flat(_ text: some StringProtocol) -> String {
        text.split(separator: "\n").map { $0.drop { $0 == " " } }.joined(separator: "\n")
    }

    @Test func eachPieceOfCodeIsCompiledHereWordForWord() throws {
        let article = try text("Sources/Gatehouse/Gatehouse.docc/WriteACodec.md")
        let pieces = article.split(separator: "```swift\n").dropFirst().compactMap { $0.split(separator: "```").first }
        let compiled = flat(
            try text("Tests/GatehouseTests/MaskedCodec.swift") + text("Tests/GatehouseTests/CodecArticleTests.swift"))
        #expect(pieces.count == 3)
        for piece in pieces { #expect(compiled.contains(flat(piece)), "\(piece)") }
        #expect(pieces[0].split(separator: "\n").count < 40)
    }

    @Test func keepsWhatEveryCodecPromises() throws {
        let verifier = CodecVerifier(MaskedCodec(frameBytesMax: 1024))
        try verifier.verify([
            GateFrame(.heartbeat),
            GateFrame(.request, route: Array("Echo/HD_Raw".utf8), id: 7, payload: Array("hello".utf8)),
            GateFrame(.error, id: 7, payload: Array("no such handler".utf8)),
        ])
        try verifier.verifyOversize([0x03, 0xFF], headerBytes: 2)
    }

    @Test func hasTheBytesThatItDraws() throws {
        var output = ByteBuffer()
        let frame = GateFrame(.request, route: [0x41], id: 0x0102_0304, payload: [0, 0xFF])
        try MaskedCodec(frameBytesMax: 1024).encode(frame, into: &output)
        #expect(output.array() == [0, 9, 0x5B, 0x5B, 0x58, 0x59, 0x5E, 0x5B, 0x1B, 0x5A, 0xA5])
    }

    @Test(arguments: [
        ([0x00, 0x05], FramingError.frameTooSmall(bytes: 7, minimum: 8)),
        ([0x00, 0x06, 0x5D, 0x5A, 0x5A, 0x5A, 0x5A, 0x5A], .unknownKind(7)),
        ([0x00, 0x06, 0x5B, 0x5A, 0x5A, 0x5A, 0x5A, 0x5B], .truncatedField),
        ([0x00, 0x07, 0x5B, 0x5A, 0x5A, 0x5A, 0x5A, 0x5B, 0xA5], .invalidText),
    ])
    func refusesWhatIsNoFrame(input: [UInt8], fault: FramingError) throws {
        let outcome = try CodecVerifier(MaskedCodec(frameBytesMax: 1024)).verifySplits(input)
        #expect(outcome.frames.isEmpty)
        #expect(outcome.fault == fault)
    }

    @Test(arguments: [(1023, true), (1024, true), (1025, false)])
    func bindsFramesInBothDirections(bytes: Int, passes: Bool) throws {
        let codec = MaskedCodec(frameBytesMax: 1024)
        var output = ByteBuffer()
        let payload = [UInt8](repeating: 1, count: bytes - 8)
        let refusal = FramingError.notEncodable(bytes: bytes - 2, limit: 1022)
        if passes {
            try codec.encode(GateFrame(.push, payload: payload), into: &output)
            #expect(output.count == bytes)
        } else {
            #expect(throws: refusal) { try codec.encode(GateFrame(.push, payload: payload), into: &output) }
        }
        let head = [UInt8(truncatingIfNeeded: (bytes - 2) >> 8), UInt8(truncatingIfNeeded: bytes - 2)]
        let outcome = try CodecVerifier(codec).verifySplits(head)
        #expect(outcome.fault == (passes ? nil : .frameTooLarge(bytes: bytes, limit: 1024)))
    }

    @Test func answersAClientOfARealServer() async throws {
        var configuration = ServerConfiguration()
        configuration.loops = 1
        configuration.listeners = [try ListenerConfiguration(url: "masked://127.0.0.1:0")]
        var application = GatehouseServer.Application()
        application.protocols.append(
            ProtocolDefinition(name: "masked", summary: "masked frames with a route and an id", idle: .seconds(60)) {
                MaskedCodec(frameBytesMax: $0.frameBytesMax)
            })
        let server = GatehouseServer(configuration, modules: [Echo()], application: application)
        try await server.start()
        let codec = MaskedCodec(frameBytesMax: 1024)
        let good = GateFrame(.request, route: Array("Echo/HD_Raw".utf8), id: 7, payload: Array("hello".utf8))
        let bad = GateFrame(.request, route: Array("Echo/HD_None".utf8), id: 8)
        var request = ByteBuffer()
        try codec.encode(GateFrame(.heartbeat), into: &request)
        try codec.encode(good, into: &request)
        try codec.encode(bad, into: &request)
        let answers = try frames(exchange(port: server.listeners[0].port, sending: request.array()), codec)
        await server.stop(within: 1)
        try #require(answers.count == 3)
        #expect(answers[0] == GateFrame(.heartbeat))
        #expect(answers[1] == GateFrame(.response, route: good.route, id: 7, payload: Array("hello".utf8)))
        #expect(answers[2].kind == .error)
        #expect(answers[2].id == 8)
    }

    private func frames(_ bytes: [UInt8], _ codec: MaskedCodec) throws -> [GateFrame] {
        var frames: [GateFrame] = []
        var offset = 0
        while true {
            let rest = bytes.span.extracting(offset..<bytes.count)
            guard case .frame(let frame, let count) = try codec.decode(rest, scanned: 0) else { return frames }
            frames.append(frame)
            offset += count
        }
    }

    /// Sends, closes its own side, and reads to the end.
    private func exchange(port: UInt16, sending bytes: [UInt8]) throws -> [UInt8] {
        let client = try LocalClient(port: port)
        try client.send(bytes)
        client.endSending()
        return client.readAll()
    }
}
