import Glibc
import Synchronization

/// Whole lines to the standard streams; a reader that went away is no fault of ours.
enum StandardStreams {
    /// What may be written to a pipe at once so that it does not block where poll says that there is room.
    private static let pieceBytes = 4_096
    /// How long a server that starts waits for the reader of standard error, in milliseconds.
    private static let patienceMilliseconds: Int32 = 1_000
    /// How long poll waits for room; -1 for ever, 0 once nobody has read for as long as a server waits.
    private static let patience = Atomic<Int32>(-1)

    /// Opens /dev/null in the place of standard streams that are closed, so that no file that is opened later becomes one.
    static func openClosed() {
        for descriptor in STDIN_FILENO...STDERR_FILENO where fcntl(descriptor, F_GETFD) < 0 && errno == EBADF {
            // Sound: open reads the NUL-terminated copy of the path that Swift makes for the call. The lowest free
            // descriptor is this one.
            _ = unsafe open("/dev/null", descriptor == STDIN_FILENO ? O_RDONLY : O_WRONLY)
        }
    }

    /// Says whether standard error is waited for without end, as commands do. A server starts and ends also where nobody
    /// reads it, and where its reader has gone.
    static func waitsForReaders(_ waits: Bool) {
        if !waits { signal(SIGPIPE, SIG_IGN) }
        patience.store(waits ? -1 : patienceMilliseconds, ordering: .relaxed)
    }

    /// Writes to standard output.
    static func print(_ text: String) { write(text, to: STDOUT_FILENO) }

    /// Writes to standard error.
    static func complain(_ text: String) { write(text, to: STDERR_FILENO) }

    /// Writes bytes as they are.
    static func write(_ bytes: [UInt8]) { write(bytes, to: STDOUT_FILENO) }

    private static func write(_ text: String, to descriptor: Int32) {
        write(Array((text + "\n").utf8), to: descriptor)
    }

    /// Writes all bytes to an open file.
    static func write(_ bytes: [UInt8], to descriptor: Int32) {
        var offset = 0
        while offset < bytes.count {
            guard waitForRoom(descriptor) else { return }
            // Sound: the pointer is used during the call only, within the array's own bytes.
            let count = unsafe bytes.withUnsafeBytes { buffer in
                let rest = unsafe UnsafeRawBufferPointer(rebasing: buffer[offset...])
                return unsafe Glibc.write(descriptor, rest.baseAddress, min(rest.count, pieceBytes))
            }
            if count < 0, errno == EINTR || errno == EAGAIN { continue }
            guard count > 0 else { return }
            offset += count
        }
    }

    private static func waitForRoom(_ descriptor: Int32) -> Bool {
        var waiting = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        // Sound: the call fills the value whose address it gets.
        guard unsafe poll(&waiting, 1, patience.load(ordering: .relaxed)) == 0 else { return true }
        patience.store(0, ordering: .relaxed)
        return false
    }
}
