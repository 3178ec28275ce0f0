import Synchronization

/// What other threads leave for a loop. Thread-safe.
///
/// Two lanes: posts, which are bounded, and the parts of tasks that the Swift runtime wants run, which are not (their
/// number is bounded by the tasks that exist). `isSignalled` tells whether the loop knows already that there is mail: it
/// changes together with the lanes, under their lock, so that no mail is ever left without it.
final class LoopMailbox: Sendable {
    private struct Lanes {
        var posts: [@Sendable () -> Void] = []
        var jobs: [UnownedJob] = []
        var isClosed = false
    }

    /// What became of something left here.
    enum Outcome {
        /// The loop knows of it or will.
        case accepted
        /// As `accepted`, and the caller has to wake the loop.
        case acceptedFirst
        /// The posts are full.
        case full
        /// The loop has ended.
        case closed
    }

    private let lanes = Mutex(Lanes())
    private let signal = Atomic<Bool>(false)
    private let postsMax: Int

    init(postsMax: Int) {
        self.postsMax = postsMax
    }

    /// Whether something waits, or is just being put in.
    var isSignalled: Bool { signal.load(ordering: .acquiring) }

    /// Leaves a post; a reserved one also when the lane is full.
    func leave(_ post: @escaping @Sendable () -> Void, isReserved: Bool) -> Outcome {
        lanes.withLock { lanes in
            if lanes.isClosed { return .closed }
            if !isReserved && lanes.posts.count >= postsMax { return .full }
            lanes.posts.append(post)
            return raiseSignal()
        }
    }

    /// Leaves a part of a task.
    func leave(_ job: UnownedJob) -> Outcome {
        lanes.withLock { lanes in
            if lanes.isClosed { return .closed }
            lanes.jobs.append(job)
            return raiseSignal()
        }
    }

    private func raiseSignal() -> Outcome {
        signal.exchange(true, ordering: .acquiringAndReleasing) ? .accepted : .acceptedFirst
    }

    /// Takes everything out; `posts` is empty before, `jobs` grows.
    func take(posts: inout [@Sendable () -> Void], jobs: inout [UnownedJob]) {
        lanes.withLock { lanes in
            signal.store(false, ordering: .releasing)
            swap(&posts, &lanes.posts)
            jobs.append(contentsOf: lanes.jobs)
            lanes.jobs.removeAll(keepingCapacity: true)
        }
    }

    /// Whether nothing is taken any more.
    var isClosed: Bool { lanes.withLock { $0.isClosed } }

    /// Takes nothing any more.
    func close() {
        lanes.withLock { lanes in lanes.isClosed = true }
    }
}
