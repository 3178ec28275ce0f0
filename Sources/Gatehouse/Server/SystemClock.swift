package import GateBytes
import Glibc

/// The system's clocks and cores, in the shapes that the pure targets take them.
package enum SystemClock {
    /// Milliseconds since 1970.
    package static func wallMilliseconds() -> Int64 {
        var time = timespec()
        // Sound: the pointer is used during the call only.
        unsafe clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000
    }

    /// Cores that are online.
    package static var coreCount: Int { sysconf(Int32(_SC_NPROCESSORS_ONLN)) }

    /// The monotonic clock that the event loops use.
    package static func monotonic() -> MonotonicTime {
        var time = timespec()
        // Sound: the pointer is used during the call only.
        unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        return MonotonicTime(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
    }
}
