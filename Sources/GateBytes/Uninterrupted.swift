import Glibc

/// Makes a system call again for as long as a signal interrupts it (EINTR), and comes back with its result.
///
/// For calls that may be made again as they are: `read`, `write`, `accept`, not `close`.
public func uninterrupted<Count: SignedInteger>(_ call: () -> Count) -> Count {
    while true {
        let count = call()
        if count >= 0 || errno != EINTR { return count }
    }
}
