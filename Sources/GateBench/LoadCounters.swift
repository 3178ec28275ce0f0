import Synchronization

/// What one worker did so far, readable by every thread. The worker alone writes, once a burst.
final class LoadCounters: Sendable {
    /// Connections that are logged in and may send.
    let ready = Atomic<Int>(0)
    /// Connections that did not come about.
    let failed = Atomic<Int>(0)
    /// Connections that were ready and are lost.
    let lost = Atomic<Int>(0)
    /// Answers, or deliveries in fan-out.
    let completed = Atomic<Int>(0)
    /// Requests that failed in whatever way.
    let errors = Atomic<Int>(0)
    /// Requests that wait for their answers.
    let outstanding = Atomic<Int>(0)
    /// Bytes that came.
    let bytesIn = Atomic<Int>(0)
    /// Bytes that went.
    let bytesOut = Atomic<Int>(0)
}

/// The counters of all workers at one moment.
package struct LoadSnapshot: Sendable, Hashable {
    /// See ``LoadCounters``.
    package var ready = 0
    package var failed = 0
    package var lost = 0
    package var completed = 0
    package var errors = 0
    package var outstanding = 0
    package var bytesIn = 0
    package var bytesOut = 0

    init(_ counters: [LoadCounters]) {
        for counter in counters {
            ready += counter.ready.load(ordering: .relaxed)
            failed += counter.failed.load(ordering: .relaxed)
            lost += counter.lost.load(ordering: .relaxed)
            completed += counter.completed.load(ordering: .relaxed)
            errors += counter.errors.load(ordering: .relaxed)
            outstanding += counter.outstanding.load(ordering: .relaxed)
            bytesIn += counter.bytesIn.load(ordering: .relaxed)
            bytesOut += counter.bytesOut.load(ordering: .relaxed)
        }
    }
}
