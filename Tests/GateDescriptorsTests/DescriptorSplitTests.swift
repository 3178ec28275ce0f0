import GateDescriptors
import GateProtocol
import GateTestKit
import Testing

@Suite struct DescriptorSplitTests {
    private static let streams: [(name: String, bytes: [UInt8])] = [
        ("length16", frame16(bytes("hello")) + frame16([]) + frame16(bytes("x")) + frame16(bytes("the end"))),
        ("length32", frame32("hello") + frame32("") + frame32("x") + frame32("the end")),
        (
            "length32-json",
            frame32(#"{"route":"A\/HD_B","id":1,"body":{"k":[true]}}"#) + frame32("") + frame32(#"{"route":"C/HD_D"}"#)
                + frame32(#"{"id":"\u00e9","route":"E/HD_F","body":-0.5e3}"#)
        ),
    ]

    /// Whole, byte by byte, at random, with few and many events a call: always the same events, output and fault.
    @Test(arguments: streams.indices)
    func nothingDependsOnHowBytesAreSplit(index: Int) throws {
        let (name, stream) = Self.streams[index]
        let descriptor = try #require(DescriptorLibrary().descriptor(named: name))
        let make = try descriptor.definition().configure(ProtocolOptions())
        let outcome = try ProtocolVerifier(make).verify(stream)
        #expect(outcome.events.count == 4)
        #expect(outcome.fault == nil)
        var random = SeededGenerator(seed: UInt64(index))
        for round in 0..<200 {
            // What a hostile client makes of it: one to four bytes are others, or the end is missing.
            var bytes = stream
            for _ in 0...(random.next() % 4) {
                bytes[Int(random.next() % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: random.next())
            }
            if round % 3 == 0 { bytes.removeLast(Int(random.next() % UInt64(bytes.count))) }
            try ProtocolVerifier(seed: UInt64(round), rounds: 8, make).verify(bytes)
        }
    }

    /// The limit of the field or that of the frame, whichever a line comes to first: whole, one said the one and pieces
    /// said the other.
    @Test(arguments: [
        (0, 40, 40), (18, 40, 40), (19, 40, 60), (30, 40, 60), (58, 40, 60), (0, 200, 60),
    ])
    func aLineThatIsTooLongMeetsTheSameLimitInPieces(inFront: Int, fieldMax: Int, limit: Int) throws {
        let descriptor = try load(
            """
            {limits: {max_frame: 60}, frame: [{name: "tag", type: "bytes", len: "u8"},
             {name: "payload", type: "bytes", until: ";", max: \(fieldMax)}]}
            """)
        let line = [UInt8(inFront)] + [UInt8](repeating: 0x61, count: inFront + 100) + [UInt8(ascii: ";")]
        let make = try descriptor.definition().configure(ProtocolOptions())
        let outcome = try ProtocolVerifier(make).verify(line)
        #expect(outcome.fault == .framing(.frameTooLarge(bytes: limit + 1, limit: limit)))
    }

    @Test(arguments: [(58, 0), (18, 40), (19, 39)]) func aLineThatJustFitsIsTaken(inFront: Int, count: Int) throws {
        let descriptor = try load(
            """
            {limits: {max_frame: 60}, frame: [{name: "tag", type: "bytes", len: "u8"},
             {name: "payload", type: "bytes", until: ";", max: 40}]}
            """)
        let line = [UInt8(inFront)] + [UInt8](repeating: 0x61, count: inFront + count) + [UInt8(ascii: ";")]
        let outcome = try ProtocolVerifier(try descriptor.definition().configure(ProtocolOptions())).verify(line)
        #expect(outcome.fault == nil)
        #expect(outcome.events.last == request("", String(repeating: "a", count: count), 1))
    }
}
