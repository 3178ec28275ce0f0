import Glibc
import Testing

@testable import GatehouseCommand

@Suite struct TerminalStyleTests {
    @Test func neighboursHaveOtherColorsAndNoneIsRed() {
        #expect(Set(TerminalStyle.fieldColors).count == TerminalStyle.fieldColors.count)
        #expect(!TerminalStyle.fieldColors.contains(31))
        #expect(TerminalStyle.fieldColors.allSatisfy { (30...37).contains($0) })
    }
}

/// Serialized, since how long a reader is waited for is one setting of the process. The first test finds it as a command does
/// that has said nothing.
@Suite(.serialized, .timeLimit(.minutes(1))) struct StandardStreamsTests {
    /// A pipe that has taken all that it takes unread, and how many bytes that were.
    private func fullPipe() -> (reading: Int32, writing: Int32, count: Int) {
        var ends: [Int32] = [0, 0]
        // Sound: the call fills the two numbers that it gets.
        _ = unsafe ends.withUnsafeMutableBufferPointer { unsafe pipe($0.baseAddress) }
        _ = fcntl(ends[1], F_SETFL, O_NONBLOCK)
        let zeros = [UInt8](repeating: 0, count: 4_096)
        var count = 0
        while true {
            // Sound: write gets the buffer's own address and length.
            let taken = unsafe zeros.withUnsafeBytes { unsafe write(ends[1], $0.baseAddress, $0.count) }
            guard taken > 0 else { break }
            count += taken
        }
        _ = fcntl(ends[1], F_SETFL, 0)
        return (ends[0], ends[1], count)
    }

    private func read(_ descriptor: Int32, _ count: Int) -> [UInt8] {
        var found: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4_096)
        while found.count < count {
            // Sound: read gets the buffer's own address and length.
            let taken = unsafe chunk.withUnsafeMutableBytes { buffer in
                unsafe Glibc.read(descriptor, buffer.baseAddress, min(buffer.count, count - found.count))
            }
            guard taken > 0 else { break }
            found += chunk[..<taken]
        }
        return found
    }

    @Test func aCommandWaitsForItsReader() async {
        let pipe = fullPipe()
        let text = [UInt8](repeating: 7, count: 20_000)
        async let written: Void = StandardStreams.write(text, to: pipe.writing)
        let found = read(pipe.reading, pipe.count + text.count)
        await written
        #expect(found.suffix(text.count) == text[...])
        #expect(found.count == pipe.count + text.count)
    }

    @Test func aServerWaitsOnceForAReaderThatDoesNotCome() {
        let pipe = fullPipe()
        StandardStreams.waitsForReaders(false)
        defer { StandardStreams.waitsForReaders(true) }
        let first = ContinuousClock().measure { StandardStreams.write([1], to: pipe.writing) }
        #expect(first >= .seconds(1))
        // A second for each of these would be more than this suite may take.
        for _ in 0..<1_000 { StandardStreams.write([2], to: pipe.writing) }
        #expect(read(pipe.reading, pipe.count).allSatisfy { $0 == 0 })
        StandardStreams.write([3], to: pipe.writing)
        #expect(read(pipe.reading, 1) == [3], "what has room is written")
    }
}
