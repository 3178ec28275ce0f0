import GateBytes
import GateProtocol
import GateRPC
import GateTestKit
import Testing

@Suite struct EnvelopeTests {
    @Test func aRequestHasExactlyTheseBytes() {
        let call = RPCEnvelope.Call(
            module: "M", node: "", function: "f", argument: .bytes([0xAA]), session: nil,
            trace: TraceContext(TraceID(high: 1, low: 0)), remainingMilliseconds: 300)
        let bytes = RPCEnvelope(sender: Samples.key, call: 1, replyTo: "in", body: .request(call)).encoded()
        #expect(
            bytes == [
                0x08, 1, 0x12, 2, 0x6E, 0x31, 0x1D, 7, 0, 0, 0, 0x20, 1, 0x2A, 2, 0x69, 0x6E,
                0x32, 23, 0x0A, 1, 0x4D, 0x1A, 1, 0x66, 0x22, 3, 0x42, 1, 0xAA, 0x31, 1, 0, 0, 0, 0, 0, 0, 0, 0x40,
                0xAC,
                0x02,
            ])
    }

    @Test(arguments: [0, 1, 64, UInt32.max])
    func theDepthTravelsAlong(depth: UInt32) throws {
        var call = RPCEnvelope.Call(
            module: "M", node: "", function: "f", argument: .null, session: nil,
            trace: TraceContext(TraceID(high: 1, low: 0)), remainingMilliseconds: 300)
        let without = RPCEnvelope(sender: Samples.key, call: 1, replyTo: "in", body: .request(call)).encoded()
        call.depth = depth
        let bytes = RPCEnvelope(sender: Samples.key, call: 1, replyTo: "in", body: .request(call)).encoded()
        // A node that does not know the field passes over it, and one that does not send it means 0.
        #expect((bytes == without) == (depth == 0))
        guard case .request(let read) = try Samples.decode(bytes).body else { throw EnvelopeError.missing(field: 6) }
        #expect(read.depth == depth)
    }

    @Test func aReplyWithAFaultHasExactlyTheseBytes() {
        let bytes = RPCEnvelope(
            sender: Samples.key, call: 2, body: .reply(.failure(.handler(code: -1, message: "no")))
        ).encoded()
        #expect(
            bytes == [
                0x08, 1, 0x12, 2, 0x6E, 0x31, 0x1D, 7, 0, 0, 0, 0x20, 2, 0x3A, 10, 0x12, 8, 0x08, 9, 0x12, 2, 0x6E,
                0x6F,
                0x18, 1,
            ])
    }

    @Test(arguments: Samples.bodies.indices)
    func whatWasWrittenIsRead(index: Int) throws {
        let bytes = Samples.envelope(Samples.bodies[index])
        let read = try Samples.decode(bytes)
        #expect(read.sender == Samples.key)
        #expect(read.call == 300)
        #expect(read.replyTo == "in")
        #expect(read.encoded() == bytes)
        // A dictionary prints in any order; the letters are the same.
        #expect("\(read.body)".sorted() == "\(Samples.bodies[index])".sorted())
    }

    @Test(arguments: Samples.bodies.indices)
    func everyTruncationIsRefused(index: Int) {
        let bytes = Samples.envelope(Samples.bodies[index])
        // An envelope that ends with the header has no body; everything else ends inside a field.
        for count in 0..<bytes.count {
            #expect(throws: EnvelopeError.self) { try Samples.decode([UInt8](bytes[..<count])) }
        }
    }

    @Test func anyBytesAreReadOrRefused() {
        var generator = SeededGenerator(seed: 5)
        for body in Samples.bodies {
            let whole = Samples.envelope(body)
            for _ in 0..<2_000 {
                var bytes = whole
                for _ in 0..<Int.random(in: 1...4, using: &generator) {
                    bytes[Int.random(in: bytes.indices, using: &generator)] = .random(in: 0...255, using: &generator)
                }
                guard let read = try? Samples.decode(bytes) else { continue }
                // What was understood is written in a form that is understood.
                let again = read.encoded()
                #expect((try? Samples.decode(again))?.encoded() == again)
            }
        }
    }

    @Test func unknownFieldsAreSkipped() throws {
        // Field 99 as integer, eight bytes, text and four bytes, before and behind.
        let unknown: [UInt8] = [
            0x98, 0x06, 5, 0x99, 0x06, 1, 2, 3, 4, 5, 6, 7, 8, 0x9A, 0x06, 1, 9, 0x9D, 0x06, 1, 2, 3, 4,
        ]
        let known = Samples.envelope(.withdrawal)
        let version = [UInt8](known[..<2])
        let read = try Samples.decode(version + unknown + known[2...] + unknown)
        #expect(read.encoded() == known)
    }

    @Test func refusesOtherVersions() {
        var bytes = Samples.envelope(.query)
        bytes[1] = 2
        #expect(throws: EnvelopeError.unsupportedVersion(2)) { try Samples.decode(bytes) }
        #expect(throws: EnvelopeError.missing(field: 1)) { try Samples.decode([UInt8](bytes[2...])) }
    }

    @Test(
        arguments: [
            ([0x08, 1, 0x12, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01], EnvelopeError.truncated),
            ([0x08, 1, 0x12, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x02], .integerTooLong),
            ([0x08, 1, 0x20, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x80, 0], .integerTooLong),
            ([0x08, 1, 0x00, 1], .invalidTag(0)), ([0x08, 1, 0x0B], .invalidTag(11)),
            ([0x08, 1, 0x0F], .invalidTag(15)),
            ([0x08, 1, 0x12, 1, 0xFF], .invalidText), ([0x08, 1, 0x12, 5, 1], .truncated), ([], .missing(field: 1)),
            ([0x08, 1], .missing(field: 3)), ([0x08, 1, 0x1D, 1, 0, 0, 0], .missing(field: 6)),
        ] as [([UInt8], EnvelopeError)])
    func refuses(bytes: [UInt8], error: EnvelopeError) {
        #expect(throws: error) { try Samples.decode(bytes) }
    }

    @Test func anEnvelopeHasALimit() {
        let limit = EnvelopeLimits.envelopeBytesMax
        let overhead = Samples.envelope(.sessionRequest([UInt8](repeating: 0, count: limit - 100))).count - limit + 100
        for (bytes, fits) in [(limit - 1, true), (limit, true), (limit + 1, false)] {
            let envelope = Samples.envelope(.sessionRequest([UInt8](repeating: 0, count: bytes - overhead)))
            #expect(envelope.count == bytes)
            #expect(((try? Samples.decode(envelope)) != nil) == fits)
        }
    }

    @Test func aNameHasALimit() throws {
        for count in [1_023, 1_024, 1_025] {
            let key = NodeKey(name: String(repeating: "n", count: count), start: 1)
            let bytes = RPCEnvelope(sender: key, body: .query).encoded()
            if count <= EnvelopeLimits.nameBytesMax {
                #expect(try Samples.decode(bytes).sender == key)
            } else {
                #expect(throws: EnvelopeError.tooLong(bytes: 1_025, limit: 1_024)) { try Samples.decode(bytes) }
            }
        }
    }

    @Test func modulesHaveALimit() throws {
        for count in [1_023, 1_024, 1_025] {
            var node = Samples.announcement
            node.modules = (0..<count).map { ModuleDescription(type: "M\($0)") }
            let bytes = Samples.envelope(.announcement(node))
            if count <= EnvelopeLimits.modulesMax {
                #expect(try Samples.decode(bytes).encoded() == bytes)
            } else {
                #expect(throws: EnvelopeError.tooMany(limit: 1_024)) { try Samples.decode(bytes) }
            }
        }
    }

    @Test func aFaultTextIsCutWhereACharacterBegins() throws {
        let text = String(repeating: "ä", count: 40_000)
        let read = try Samples.decode(Samples.envelope(.reply(.failure(.message(text)))))
        guard case .reply(.failure(.handler(0, let cut))) = read.body else { throw TestFailure.unexpected }
        #expect(cut == String(repeating: "ä", count: 32_768))
        let odd = try Samples.decode(Samples.envelope(.reply(.failure(.message("x" + text)))))
        guard case .reply(.failure(.handler(0, let cut))) = odd.body else { throw TestFailure.unexpected }
        #expect(cut == "x" + String(repeating: "ä", count: 32_767))
    }

    @Test(
        arguments: [
            .noSuchModule("M"), .noSuchHandler("f"), .deadlineExceeded, .overloaded, .linkFull, .unreachable,
            .tooLarge(bytes: 9, limit: 8), .badPayload(jsonSyntax: true), .badPayload(jsonSyntax: false),
            .wouldDeadlock("M"), .tooDeep(limit: 64), .handler(code: .min, message: ""),
            .handler(code: 0, message: "no"), .internalError,
        ] as [RPCFault])
    func faultsTravel(fault: RPCFault) throws {
        let read = try Samples.decode(Samples.envelope(.reply(.failure(fault))))
        guard case .reply(.failure(let back)) = read.body else { throw TestFailure.unexpected }
        #expect(back == fault)
    }
}

enum TestFailure: Error {
    case unexpected
}
