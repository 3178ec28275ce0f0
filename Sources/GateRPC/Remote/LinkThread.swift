import Glibc

/// A thread of a link's own: a library that may block does so there, never on a loop.
package enum LinkThread {
    /// Starts a thread that runs `body` and ends with it. `false` when the system has none.
    package static func start(_ body: @escaping @Sendable () -> Void) -> Bool {
        final class Box: Sendable {
            let body: @Sendable () -> Void
            init(_ body: @escaping @Sendable () -> Void) { self.body = body }
        }
        var thread = pthread_t()
        let kept = unsafe Unmanaged.passRetained(Box(body))
        // Sound: the thread takes over the reference it is given.
        let error = unsafe pthread_create(
            &thread, nil,
            { argument in
                guard let argument = unsafe argument else { return nil }
                unsafe Unmanaged<Box>.fromOpaque(argument).takeRetainedValue().body()
                return nil
            }, kept.toOpaque())
        if error != 0 {
            unsafe kept.release()
            return false
        }
        pthread_detach(thread)
        return true
    }

    /// Tells OpenSSL, before its first use, not to clean up at the end of the process: a thread that is still connecting
    /// would lose what it encrypts with. What OpenSSL keeps ends with the process anyway. Nothing where it is not there.
    package static let leavesOpenSSLAlone: Void = {
        typealias Start = @convention(c) (_ options: UInt64, _ settings: OpaquePointer?) -> Int32
        // OPENSSL_INIT_NO_ATEXIT
        let withoutCleanup: UInt64 = 0x0008_0000
        guard let start = unsafe dlsym(nil, "OPENSSL_init_crypto") else { return }
        // Sound: this has been the function's type since OpenSSL 1.1.0, and these are arguments that it takes.
        _ = unsafe unsafeBitCast(start, to: Start.self)(withoutCleanup, nil)
    }()
}
