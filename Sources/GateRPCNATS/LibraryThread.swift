#if NATS
    import Glibc

    /// A thread for calls into the library that may block, which never happen on a loop.
    enum LibraryThread {
        /// Starts a thread that runs `body`. `false` when the system has none.
        static func start(_ body: @escaping @Sendable () -> Void) -> Bool {
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
    }
#endif
