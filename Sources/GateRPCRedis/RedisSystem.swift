#if Redis
    import GateBytes
    import Glibc

    /// What the link's thread asks the system for.
    enum RedisSystem {
        static let readable = Int16(POLLIN)
        static let writable = Int16(POLLOUT)

        /// The clock that never goes back.
        static func now() -> MonotonicTime {
            var time = timespec()
            // Sound: the clock fills in the structure it is given.
            unsafe clock_gettime(CLOCK_MONOTONIC, &time)
            return MonotonicTime(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
        }

        /// Writing to a connection that is gone shall be an error and no signal, on this thread.
        static func blockBrokenPipeSignal() {
            var signals = sigset_t()
            // Sound: both calls use the set only while they run.
            unsafe sigemptyset(&signals)
            unsafe sigaddset(&signals, SIGPIPE)
            unsafe pthread_sigmask(SIG_BLOCK, &signals, nil)
        }

        /// An error number in words.
        static func text(_ code: Int32) -> String {
            unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 128) { buffer in
                // Sound: strerror_r writes at most 128 bytes, the last of them NUL.
                guard let base = buffer.baseAddress, unsafe strerror_r(code, base, 128) == 0 else {
                    return "error \(code)"
                }
                return unsafe String(cString: base)
            }
        }
    }
#endif
