import GateBytes
import GateJSON
import Glibc
import Logging
import Testing

@testable import Gatehouse

@Suite("LogWriter", .serialized, .timeLimit(.minutes(1)))
struct LogWriterTests {
    /// A pipe; its reading end does not block.
    private struct Pipe {
        let reading: Int32
        let writing: Int32

        init() {
            var ends: [Int32] = [0, 0]
            // Sound: the call fills the two numbers that it gets.
            _ = unsafe ends.withUnsafeMutableBufferPointer { unsafe pipe($0.baseAddress) }
            (reading, writing) = (ends[0], ends[1])
            _ = fcntl(reading, F_SETFL, O_NONBLOCK)
        }

        /// Reads until the text holds `end`.
        func text(until end: String) async -> String {
            var found: [UInt8] = []
            var chunk = [UInt8](repeating: 0, count: 65_536)
            while true {
                // Sound: read gets the buffer's own address and length.
                let count = unsafe chunk.withUnsafeMutableBytes { unsafe read(reading, $0.baseAddress, $0.count) }
                if count > 0 { found += chunk[..<count] }
                let tail = String(decoding: found.suffix(1_024), as: UTF8.self)
                if tail.contains(end) { return String(decoding: found, as: UTF8.self) }
                await Task.yield()
            }
        }
    }

    /// How many lines are lost by the notices of a text.
    private static func lostLines(in text: String) -> Int {
        text.split(separator: "\n").reduce(0) { sum, line in
            guard let notice = line.firstRange(of: " warning log lines lost count=") else { return sum }
            return sum + (Int(line[notice.upperBound...].prefix { $0 != " " }) ?? 0)
        }
    }

    @Test func linesArriveInTheirOrder() async {
        let pipe = Pipe()
        let writer = LogWriter(descriptor: pipe.writing)
        for number in 1...1_000 { writer.write("line \(number)\n") }
        let text = await pipe.text(until: "line 1000\n")
        #expect(text == (1...1_000).map { "line \($0)\n" }.joined())
        writer.close(within: 10)
    }

    @Test func whoeverLogsDoesNotWaitForAReaderAndIsToldWhatWasLost() async throws {
        let pipe = Pipe()
        let writer = LogWriter(descriptor: pipe.writing)
        let before = LogWriter.linesLost
        let line = String(repeating: "x", count: 1_023) + "\n"
        let written = LogWriter.bytesMax / 1_024 + 1_000
        for _ in 0..<written { writer.write(line) }
        let lost = LogWriter.linesLost - before
        // What the pipe took, 64 KiB, made room for as many bytes at most.
        #expect(lost >= 1_000 - 64 && lost <= 1_000)
        // A thread that begins late says what was lost until then by itself.
        var text = ""
        while Self.lostLines(in: text) < lost { text += await pipe.text(until: " reason=\"too many at once\"\n") }
        #expect(Self.lostLines(in: text) == lost)
        #expect(text.utf8.count { $0 == UInt8(ascii: "x") } == (written - lost) * 1_023)
        writer.close(within: 10)
    }

    @Test func linesAreBoundedInNumberToo() async {
        let pipe = Pipe()
        let writer = LogWriter(descriptor: pipe.writing)
        // The thread hangs in the pipe with this one.
        writer.write([UInt8](repeating: UInt8(ascii: "a"), count: 200_000) + [UInt8(ascii: "\n")])
        let before = LogWriter.linesLost
        for _ in 0..<LogWriter.linesMax { writer.write("\n") }
        #expect(LogWriter.linesLost == before + 1)
        _ = await pipe.text(until: "log lines lost count=1 ")
        writer.close(within: 10)
    }

    @Test func aFlushEndsWhereNobodyReads() {
        let pipe = Pipe()
        let writer = LogWriter(descriptor: pipe.writing)
        writer.write([UInt8](repeating: 0, count: 200_000))
        let began = SystemClock.monotonic()
        writer.close(within: 0.05)
        #expect(SystemClock.monotonic() - began >= .milliseconds(50))
        close(pipe.reading)
    }

    @Test func whatADiskDoesNotTakeIsSaidOnceThereIsRoom() async {
        let pipe = Pipe()
        close(pipe.reading)
        let writer = LogWriter(descriptor: pipe.writing)
        let before = LogWriter.linesLost
        writer.write("one\ntwo\n")
        while LogWriter.linesLost < before + 2 { await Task.yield() }
        let other = Pipe()
        dup2(other.writing, pipe.writing)
        writer.write("three\n")
        let text = await other.text(until: "three\n")
        #expect(text.contains(" warning log lines lost count=2 reason=\"Broken pipe\"\nthree\n"))
        writer.close(within: 10)
    }
}

@Suite("FaultSummary")
struct FaultSummaryTests {
    private func counters(_ rejected: Int, _ unknown: Int, _ goodbye: Int, _ guarded: Int) -> JSONObject {
        [
            "connections_rejected": .number(rejected), "messages_received": 9,
            "connections_closed": ["unknown_kind": .number(unknown), "client_goodbye": .number(goodbye)],
            "faults": ["guarded": .number(guarded)],
        ]
    }

    @Test func aMinuteIsOneLineOfWhatCameInIt() {
        var summary = FaultSummary()
        let start = MonotonicTime(nanoseconds: 5)
        let quiet1 = summary.faults(in: counters(7, 7, 7, 7), at: start)
        #expect(quiet1 == nil)
        let quiet2 = summary.faults(in: counters(8, 9, 9, 7), at: start + .milliseconds(59_999))
        #expect(quiet2 == nil)
        let first = summary.faults(in: counters(8, 10, 99, 7), at: start + .seconds(60))
        #expect(first == ["connections_rejected": "1", "closed.unknown_kind": "3"])
        let quiet3 = summary.faults(in: counters(8, 10, 199, 8), at: start + .seconds(119))
        #expect(quiet3 == nil)
        let second = summary.faults(in: counters(8, 10, 199, 8), at: start + .seconds(120))
        #expect(second == ["fault.guarded": "1"])
        let quiet4 = summary.faults(in: counters(8, 10, 299, 8), at: start + .seconds(180))
        #expect(quiet4 == nil)
    }
}
