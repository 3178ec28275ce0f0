import CUV
import Synchronization

extension UVEventLoop {
    /// Runs `body` on the loop and waits for what it returns; `nil` when the loop has ended. Never on a loop.
    func performAndWait<Value: Sendable>(_ body: @escaping @Sendable () -> Value) -> Value? {
        precondition(!isCurrent, "a loop cannot wait for itself")
        let answer = Answer<Value>()
        return postReserved { answer.put(body()) } ? answer.wait() : nil
    }
}

/// A value that one thread waits for.
// Sound: `value` is written before the semaphore is posted and read after it was waited for.
@safe
private final class Answer<Value: Sendable>: @unchecked Sendable {
    private var value: Value?
    private let semaphore: UnsafeMutablePointer<uv_sem_t>

    init() {
        unsafe semaphore = .allocate(capacity: 1)
        unsafe semaphore.initialize(to: uv_sem_t())
        let error = unsafe uv_sem_init(semaphore, 0)
        precondition(error == 0, "a semaphore of value 0 needs nothing that could be missing")
    }

    deinit {
        // Sound: nobody waits any more, the waiter holds a reference.
        unsafe uv_sem_destroy(semaphore)
        unsafe semaphore.deallocate()
    }

    func put(_ value: Value) {
        self.value = value
        unsafe uv_sem_post(semaphore)
    }

    func wait() -> Value {
        unsafe uv_sem_wait(semaphore)
        guard let value else { preconditionFailure("the semaphore is posted after the value is there") }
        return value
    }
}
