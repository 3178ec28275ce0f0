import GateBytes
import GateProtocol
import GateTestKit
import Synchronization
import Testing

/// u8 length, then the payload; counts how often it is asked. A length of 0 is a heartbeat.
private final class CountingCodec: FrameCodec {
    private let calls = Atomic(0)

    var decodeCount: Int { calls.load(ordering: .relaxed) }

    func decode(_ input: Span<UInt8>, scanned: Int) throws(FramingError) -> DecodeStep<GateFrame> {
        calls.add(1, ordering: .relaxed)
        guard input.count >= 1 else { return .incomplete(needed: 1, scanned: 0) }
        let end = 1 + Int(input[0])
        guard input.count >= end else { return .incomplete(needed: end, scanned: 0) }
        let kind: GateFrame.Kind = end == 1 ? .heartbeat : .request
        return .frame(GateFrame(kind, payload: [UInt8](copying: input, range: 1..<end)), byteCount: end)
    }

    func encode(_ frame: GateFrame, into output: inout ByteBuffer) throws(FramingError) {
        output.append(UInt8(frame.payload.count))
        output.append(frame.payload)
    }
}

@Suite struct FramedProtocolTests {
    private let codec = CountingCodec()

    /// Hands over all prefixes of `bytes`, one byte longer each, to a protocol that consumes nothing before the last.
    private func drip(_ bytes: [UInt8], into wire: FramedProtocol<CountingCodec>) throws -> [Int] {
        var effects = ProtocolEffects()
        var wanted: [Int] = []
        for count in 1...bytes.count {
            effects.beginCall()
            let consumed = try wire.receive(
                bytes.span.extracting(0..<count), at: MonotonicTime(nanoseconds: 0), effects: &effects)
            #expect(consumed == (count == bytes.count ? count : 0))
            wanted.append(effects.bytesNeeded)
        }
        #expect(effects.events.count == 1)
        return wanted
    }

    @Test func asksItsCodecOnlyWhenEnoughBytesAreThere() throws {
        let wire = FramedProtocol(codec)
        let frame = [UInt8(200)] + [UInt8](repeating: 7, count: 200)
        #expect(try drip(frame, into: wire) == [Int](repeating: 201, count: 200) + [0])
        #expect(codec.decodeCount == 2)
        // What one frame needed says nothing about the next.
        #expect(try drip([1, 7], into: wire) == [2, 0])
        #expect(codec.decodeCount == 4)
    }

    @Test func readsOnBehindTheFrameThatItWaitedFor() {
        let driver = WireDriver(FramedProtocol(codec))
        #expect(driver.takeEvents() == [.opening])
        driver.receive([3, 1])
        #expect(driver.bytesNeeded == 4)
        driver.receive([2, 3, 0, 1, 9, 2])
        #expect(driver.bytesNeeded == 3)
        #expect(
            driver.takeEvents() == [
                .message(.request, topic: [], payload: [1, 2, 3], .none, acknowledgement: 0),
                .message(.request, topic: [], payload: [9], .none, acknowledgement: 0),
            ])
        #expect(driver.takeOutput() == [0])
        #expect(driver.tail == [2])
    }

    @Test func handsAFaultToTheCodecAsItIs() {
        let driver = WireDriver(FramedProtocol(codec))
        driver.send(.reply(Correlation(rawValue: 0), .fault, .text), payload: Array("no".utf8))
        #expect(driver.takeOutput() == [2, 0x6E, 0x6F])
    }
}
