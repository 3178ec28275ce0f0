import CUV
package import GateBytes
import Glibc

/// Raises the number of files that the process may open to the most that it is allowed to ask for.
/// - Returns: The limit in force, also when it could not be raised.
@discardableResult
package func raiseFileLimit() -> Int {
    var limit = rlimit()
    // Sound: the calls read and write this struct only.
    if unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) != 0 { return 1_024 }
    let before = limit.rlim_cur
    limit.rlim_cur = limit.rlim_max
    if unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) != 0 { limit.rlim_cur = before }
    return Int(clamping: limit.rlim_cur)
}

/// CPU time that the process has used since its start, by where it ran.
package struct CPUTime: Sendable, Hashable {
    /// In the program itself.
    package var user: TimeSpan
    /// In the kernel on its behalf.
    package var system: TimeSpan

    /// Both together.
    package var total: TimeSpan { user + system }
}

/// The CPU time of all threads of the process, in microseconds as the kernel counts.
package func processCPUTime() -> CPUTime {
    var usage = rusage()
    // Sound: the call writes this struct only; it cannot fail for the own process.
    unsafe getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    func span(_ time: timeval) -> TimeSpan {
        TimeSpan(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_usec) * 1_000)
    }
    return CPUTime(user: span(usage.ru_utime), system: span(usage.ru_stime))
}

/// Bytes of the process that are in memory; `nil` when the system does not tell.
///
/// Source: proc(5), the second number of `/proc/self/statm`, in pages.
package func residentBytes() -> Int? {
    let descriptor = unsafe open("/proc/self/statm", O_RDONLY | O_CLOEXEC)
    if descriptor < 0 { return nil }
    defer { Glibc.close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: 128)
    let count = uninterrupted {
        // Sound: reads at most what the array holds.
        unsafe bytes.withUnsafeMutableBytes { unsafe read(descriptor, $0.baseAddress, $0.count) }
    }
    if count <= 0 { return nil }
    let fields = String(decoding: bytes[..<count], as: UTF8.self).split(separator: " ")
    guard fields.count > 1, let pages = Int(fields[1]) else { return nil }
    return pages * Int(sysconf(Int32(_SC_PAGESIZE)))
}

/// Makes the process give memory back to the system once a peak is over: blocks of 32 KiB and more as soon as they are free,
/// and the end of the heap above 1 MiB. Without it the C library raises its own bounds with each large block that is freed,
/// up to 32 MiB, and keeps what is below. Called once, at the start of a program.
package func giveMemoryBack() {
    gatehouse_give_memory_back(32_768, 1_048_576)
}
