import Glibc
import Synchronization

/// Writes lines to an open file on a thread of its own, so that nobody who logs ever waits: not for a pipe that nobody
/// reads, nor for a disk.
///
/// At most ``bytesMax`` bytes and ``linesMax`` lines wait; what comes then is lost, as is what the system does not take. Lost
/// lines are counted, and said in a line of their own as soon as there is room. The thread wakes for each line that finds it
/// asleep, so a process that crashes loses what it logged in its last moment only.
// Sound: the semaphore is made before the thread starts and lives as long as both; `descriptor` and `isMidLine` are touched by
// the thread only once it runs.
@safe
public final class LogWriter: @unchecked Sendable {
    /// Bytes that wait to be written at once: 4 MiB.
    public static let bytesMax = 4 * 1_048_576
    /// Lines that wait to be written at once.
    public static let linesMax = 32_768
    /// Bytes that are handed to the system at once.
    private static let writeBytesMax = 65_536

    private struct State {
        var bytes: [UInt8] = []
        var lines = 0
        /// What the thread writes now; it counts as waiting.
        var writingBytes = 0
        var writingLines = 0
        /// Lines that found no room since that was last said.
        var refused = 0
        /// Lines that the system did not take since that was last said, and its last word.
        var failed = 0
        var failure: Int32 = 0
        var isAwake = false
        var reopens = false
        var isEnding = false

        var isIdle: Bool { bytes.isEmpty && writingBytes == 0 && !reopens }
    }

    /// One turn's work of the thread.
    private struct Work {
        var bytes: [UInt8] = []
        var failed = 0
        var failure: Int32 = 0
        var reopens = false
    }

    private let state = Mutex(State())
    private let wake: UnsafeMutablePointer<sem_t>
    private let path: String?
    private var descriptor: Int32
    /// Whether the last byte that was written is no line end: the system took a part of a line.
    private var isMidLine = false

    /// All writers of the process.
    private static let all = Mutex<[LogWriter]>([])
    private static let lost = Atomic<Int>(0)

    /// The writer of standard error.
    public static let standardError = LogWriter(descriptor: STDERR_FILENO)

    /// Lines that all writers of the process have lost so far.
    public static var linesLost: Int { lost.load(ordering: .relaxed) }

    /// Writes to an open file, which stays open.
    public convenience init(descriptor: Int32) {
        self.init(descriptor: descriptor, path: nil)
    }

    /// Appends to the file at `path`, made where it is not there.
    public convenience init(path: String) throws(FileFault) {
        self.init(descriptor: try FileWriting.appending(path), path: path)
    }

    private init(descriptor: Int32, path: String?) {
        self.descriptor = descriptor
        self.path = path
        unsafe wake = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)
        unsafe sem_init(wake, 0, 0)
        Self.all.withLock { $0.append(self) }
        var thread = pthread_t()
        let kept = unsafe Unmanaged.passRetained(self)
        // Sound: the thread takes over the reference it is given.
        let error = unsafe pthread_create(
            &thread, nil,
            { argument in
                guard let argument = unsafe argument else { return nil }
                unsafe Unmanaged<LogWriter>.fromOpaque(argument).takeRetainedValue().run()
                return nil
            }, kept.toOpaque())
        if error == 0 { pthread_detach(thread) } else { unsafe kept.release() }
    }

    deinit {
        unsafe sem_destroy(wake)
        unsafe wake.deallocate()
    }

    /// Takes a line with its line end, or counts it as lost; returns at once.
    public func write(_ line: String) { write(Array(line.utf8)) }

    /// Takes a line with its line end, or counts it as lost; returns at once.
    public func write(_ line: [UInt8]) {
        change { state in
            let bytes = state.bytes.count + state.writingBytes + line.count
            guard bytes <= Self.bytesMax, state.lines + state.writingLines < Self.linesMax else {
                state.refused += 1
                Self.lost.add(1, ordering: .relaxed)
                return
            }
            state.bytes += line
            state.lines += 1
        }
    }

    /// Opens the file of each writer anew, so that one that was renamed gets nothing more. Returns at once.
    public static func reopenAll() {
        for writer in all.withLock({ $0 }) where writer.path != nil { writer.change { $0.reopens = true } }
    }

    /// Says what was lost, where there is room again. Returns at once.
    public static func remindAll() {
        for writer in all.withLock({ $0 }) where writer.state.withLock({ $0.failed > 0 }) { writer.change { _ in } }
    }

    /// Waits until all writers have written what they were given, for so many seconds at most.
    public static func flushAll(within seconds: Double) {
        let end = SystemClock.monotonic() + .seconds(seconds)
        for writer in all.withLock({ $0 }) { writer.waitUntilIdle(end) }
    }

    /// Writes what waits, for so many seconds at most, and ends the thread; a file that this writer opened is closed.
    public func close(within seconds: Double) {
        waitUntilIdle(SystemClock.monotonic() + .seconds(seconds))
        Self.all.withLock { $0.removeAll { $0 === self } }
        change { $0.isEnding = true }
    }

    /// In steps of a millisecond, since only the end of a process asks.
    private func waitUntilIdle(_ end: MonotonicTime) {
        while !state.withLock({ $0.isIdle }), SystemClock.monotonic() < end { usleep(1_000) }
    }

    private func change(_ body: (inout State) -> Void) {
        let wakes = state.withLock { state in
            body(&state)
            defer { state.isAwake = true }
            return !state.isAwake
        }
        if wakes { unsafe sem_post(wake) }
    }

    // MARK: On the thread

    private func run() {
        // What a pipe without a reader sends to whoever writes stays pending here and ends nobody.
        var signals = sigset_t()
        // Sound: the calls fill and read the set whose address they get.
        unsafe sigfillset(&signals)
        unsafe pthread_sigmask(SIG_SETMASK, &signals, nil)
        while let work = next() {
            if work.reopens { reopen() }
            guard work.failed == 0 || say(lost: work.failed, FileFault.text(of: work.failure)) else {
                fail(lines: work.bytes.count { $0 == UInt8(ascii: "\n") }, count: work.failed)
                continue
            }
            put(work.bytes)
        }
        if path != nil { Glibc.close(descriptor) }
    }

    /// The next work, once there is some; `nil` at the end.
    private func next() -> Work? {
        while true {
            let (work, refused, ends) = state.withLock { state -> (Work?, Int, Bool) in
                state.writingBytes = state.bytes.count
                state.writingLines = state.lines
                // What was refused came behind all that was written just now.
                defer { state.refused = 0 }
                if state.bytes.isEmpty && !state.reopens && state.refused == 0 && !state.isAwake || state.isEnding {
                    return (nil, 0, state.isEnding)
                }
                state.isAwake = false
                let work = Work(
                    bytes: state.bytes, failed: state.failed, failure: state.failure, reopens: state.reopens)
                state.bytes = []
                (state.lines, state.failed, state.reopens) = (0, 0, false)
                return (work, state.refused, false)
            }
            if ends { return nil }
            if var work {
                if refused > 0 { work.bytes += Self.notice(lost: refused, "too many at once") }
                return work
            }
            // Sound: the semaphore lives as long as this object.
            while unsafe sem_wait(wake) != 0 {}
        }
    }

    private func say(lost count: Int, _ reason: String) -> Bool {
        write(all: (isMidLine ? [UInt8(ascii: "\n")] : []) + Self.notice(lost: count, reason)) == nil
    }

    private static func notice(lost count: Int, _ reason: String) -> [UInt8] {
        Array("\(LineLogHandler.timestamp()) warning log lines lost count=\(count) reason=\"\(reason)\"\n".utf8)
    }

    private func put(_ bytes: [UInt8]) {
        guard let rest = write(all: bytes) else { return }
        fail(lines: rest.count { $0 == UInt8(ascii: "\n") }, count: 0)
    }

    /// Remembers lines that the system did not take, and `count` that were not said yet.
    private func fail(lines: Int, count: Int) {
        let number = errno
        Self.lost.add(lines, ordering: .relaxed)
        state.withLock { state in
            state.failed += lines + count
            state.failure = number
        }
    }

    /// Writes all bytes, however long that takes; what the system did not take, with errno set.
    private func write(all bytes: [UInt8]) -> ArraySlice<UInt8>? {
        var rest = bytes[...]
        while !rest.isEmpty {
            // Sound: the pointer is used during the call only, within the slice's own bytes.
            let count = unsafe rest.withUnsafeBytes { buffer in
                unsafe Glibc.write(descriptor, buffer.baseAddress, min(buffer.count, Self.writeBytesMax))
            }
            if count > 0 {
                rest = rest.dropFirst(count)
                isMidLine = bytes[rest.startIndex - 1] != UInt8(ascii: "\n")
                continue
            }
            switch errno {
            case EINTR: continue
            case EAGAIN:
                // Another process may have made a shared standard error non-blocking.
                var waiting = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                // Sound: the call fills the value whose address it gets.
                _ = unsafe poll(&waiting, 1, -1)
            default: return rest
            }
        }
        return nil
    }

    private func reopen() {
        guard let path else { return }
        do throws(FileFault) {
            let new = try FileWriting.appending(path)
            Glibc.close(descriptor)
            descriptor = new
            isMidLine = false
        } catch {
            write("\(LineLogHandler.timestamp()) error log file cannot be reopened fault=\"\(error)\"\n")
        }
    }
}
