import GateBytes
import GateProtocol
import Testing

@testable import GateDescriptors

/// What a large frame costs that comes one byte at a time, counted: no byte of it may be looked at again and again.
@Suite struct DrippingFrameTests {
    /// The work on one frame that drips in.
    struct Work: Equatable {
        /// Looks at the input, as a connection makes them: none before the bytes that the last one asked for are there.
        var looks = 0
        /// Bytes that were there and not done with when a look began, in all.
        var bytes = 0
    }

    private func work(_ name: String, _ frame: [UInt8]) throws -> Work {
        let descriptor = try #require(DescriptorLibrary().descriptor(named: name))
        let program = try descriptor.program(ProtocolOptions(frameBytesMax: .max))
        var values = FrameValues()
        var progress = ReadProgress()
        var scratch = ByteBuffer()
        var work = Work()
        var needed = 1
        for count in 1...frame.count where count >= needed {
            work.looks += 1
            work.bytes += count - progress.scanned
            let there = Array(frame[..<count])
            switch try program.read(there.span, at: 0, values: &values, progress: &progress, scratch: &scratch) {
            case .incomplete(let more): needed = more
            case .frame(let end), .empty(let end): #expect(end == frame.count && count == frame.count)
            }
        }
        return work
    }

    private static func length32(_ body: [UInt8]) -> [UInt8] {
        [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: body.count >> $0) } + body
    }

    private static func frame(_ name: String, bytes count: Int) -> [UInt8] {
        let letters = [UInt8](repeating: UInt8(ascii: "x"), count: count)
        switch name {
        case "length32-json": return length32(Array(#"{"route":"A/B","body":""#.utf8) + letters + Array("\"}".utf8))
        case "pomelo": return [4] + length32([2, 1, 0x61] + letters).dropFirst()
        case "netstring": return Array("\(count):".utf8) + letters + [UInt8(ascii: ",")]
        default: return letters + [13, 10]
        }
    }

    @Test(arguments: ["length32-json", "pomelo", "netstring"], [4_096, 16_384, 60_000])
    func afterALengthNothingIsLookedAtUntilAllIsThere(name: String, count: Int) throws {
        let frame = Self.frame(name, bytes: count)
        let work = try work(name, frame)
        // Each byte of the length may be a look, and the last byte of the frame is one.
        #expect(work.looks <= 8)
        #expect(work.bytes <= frame.count + 32)
    }

    @Test(arguments: [4_096, 8_192, 16_000])
    func aSearchForATerminatorGoesOnWhereItStopped(count: Int) throws {
        let frame = Self.frame("line", bytes: count)
        let work = try work("line", frame)
        #expect(work.looks == frame.count)
        // The new byte, and the one before, which may be the first of the two that end a line.
        #expect(work.bytes <= 2 * frame.count + 2)
    }
}
