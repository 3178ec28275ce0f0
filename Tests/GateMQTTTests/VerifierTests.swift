import GateBytes
import GateProtocol
import GateTestKit
import Testing

/// The verifiers must notice what they are there for: a codec of one length byte and a body, broken in one way at a time.
@Suite struct VerifierTests {
    enum Flaw: CaseIterable, Sendable {
        case none, needsTooMuch, needsTooLittle, dropsLastByte, throwsWhenCutOff, readsTooFar, frameFromAPiece, forgets
    }

    struct Codec: FrameCodec {
        var flaw: Flaw
        var limit = 200

        func decode(_ input: Span<UInt8>, scanned: Int) throws(FramingError) -> DecodeStep<[UInt8]> {
            if input.isEmpty { return .incomplete(needed: 1, scanned: 0) }
            let count = Int(input[0])
            if count > limit { throw .frameTooLarge(bytes: count, limit: limit) }
            let end = 1 + count
            if flaw == .frameFromAPiece && count > 2 && input.count > 2 && input.count < end {
                return .frame([UInt8](copying: input, range: 1..<input.count), byteCount: input.count)
            }
            if input.count < end {
                if flaw == .throwsWhenCutOff && input.count > 1 { throw .truncatedField }
                let wrong = flaw == .needsTooMuch ? 1 : flaw == .needsTooLittle ? input.count - end : 0
                return .incomplete(needed: end + wrong, scanned: 0)
            }
            let bodyEnd = flaw == .dropsLastByte && count > 0 ? end - 1 : end
            let extra = flaw == .readsTooFar && input.count > end ? 1 : 0
            return .frame([UInt8](copying: input, range: 1..<bodyEnd), byteCount: end + extra)
        }

        func encode(_ frame: [UInt8], into output: inout ByteBuffer) throws(FramingError) {
            if flaw == .forgets { output.removeAll() }
            output.append(UInt8(truncatingIfNeeded: frame.count))
            output.append(frame)
        }
    }

    @Test(arguments: Flaw.allCases)
    func everyFlawOfACodecIsNoticed(_ flaw: Flaw) throws {
        let frames: [[UInt8]] = [[1, 2, 3], [], [1], Array(0..<100)]
        let verifier = CodecVerifier(Codec(flaw: flaw))
        if flaw == .none {
            try verifier.verify(frames)
        } else {
            #expect(throws: VerifierFailure.self) { try verifier.verify(frames) }
        }
    }

    @Test func aMissingLimitIsNoticed() throws {
        try CodecVerifier(Codec(flaw: .none)).verifyOversize([201, 0, 0], headerBytes: 1)
        #expect(throws: VerifierFailure.self) {
            try CodecVerifier(Codec(flaw: .none, limit: 255)).verifyOversize([201, 0, 0], headerBytes: 1)
        }
    }

    /// Says what it was handed, so everything depends on the pieces.
    final class Echo: WireProtocol {
        func receive(
            _ input: Span<UInt8>, at now: MonotonicTime, effects: inout ProtocolEffects
        ) throws(WireError) -> Int {
            effects.output.append(UInt8(truncatingIfNeeded: input.count))
            return input.count
        }

        func send(
            _ action: ServerAction, topic: Span<UInt8>, payload: Span<UInt8>, at now: MonotonicTime,
            effects: inout ProtocolEffects
        ) throws(WireError) {}
    }

    @Test func aProtocolThatDependsOnSplitsIsNoticed() {
        #expect(throws: VerifierFailure.self) { try ProtocolVerifier { Echo() }.verify([1, 2, 3]) }
    }
}
