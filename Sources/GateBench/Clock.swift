import GateBytes
import Glibc

/// The system's monotonic clock, the one that the event loops use too.
@inline(__always)
func monotonicNow() -> MonotonicTime {
    var time = timespec()
    // Sound: the call writes this struct only; the clock always exists.
    unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    return MonotonicTime(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
}

/// Blocks the calling thread until `time`; returns at once when it has passed.
func sleepUntil(_ time: MonotonicTime) {
    var wanted = timespec(
        tv_sec: Int(time.nanoseconds / 1_000_000_000), tv_nsec: Int(time.nanoseconds % 1_000_000_000))
    // Sound: the struct is read during the call only. A signal may end it early, and the time is absolute.
    while unsafe clock_nanosleep(CLOCK_MONOTONIC, Int32(TIMER_ABSTIME), &wanted, nil) == EINTR {}
}

/// Asks the system to wake the calling thread on time: it may sleep 50 microseconds too long otherwise.
///
/// Source: proc(5), `/proc/pid/timerslack_ns`, which takes the number of a thread, too. Where the system refuses, the
/// schedule is only less smooth.
func sharpenTimers() {
    var bytes = [CChar](repeating: 0, count: 64)
    // Sound: the system writes at most what the array holds. What it writes is PID/task/TID.
    let count = unsafe readlink("/proc/thread-self", &bytes, bytes.count)
    let link = String(decoding: bytes.prefix(max(0, count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    guard let thread = link.split(separator: "/").last else { return }
    let descriptor = unsafe open("/proc/\(thread)/timerslack_ns", O_WRONLY | O_CLOEXEC)
    if descriptor < 0 { return }
    let text: StaticString = "1"
    // Sound: one byte of a literal that lives as long as the program.
    _ = uninterrupted { unsafe write(descriptor, text.utf8Start, 1) }
    close(descriptor)
}
