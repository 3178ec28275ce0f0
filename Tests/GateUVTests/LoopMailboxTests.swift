import Testing

@testable import GateUV

/// Who has to wake the loop, and that nothing lies in the mailbox without a signal.
@Suite struct LoopMailboxTests {
    private func take(_ mailbox: LoopMailbox) -> Int {
        var posts: [@Sendable () -> Void] = []
        var jobs: [UnownedJob] = []
        mailbox.take(posts: &posts, jobs: &jobs)
        return posts.count
    }

    @Test func onlyTheFirstPostHasToWakeTheLoop() {
        let mailbox = LoopMailbox(postsMax: 10)
        #expect(!mailbox.isSignalled)
        #expect(mailbox.leave({}, isReserved: false) == .acceptedFirst)
        #expect(mailbox.isSignalled)
        #expect(mailbox.leave({}, isReserved: true) == .accepted)
    }

    @Test func afterEachTakingTheNextPostWakesTheLoopAgain() {
        let mailbox = LoopMailbox(postsMax: 10)
        for _ in 0..<3 {
            #expect(mailbox.leave({}, isReserved: false) == .acceptedFirst)
            #expect(mailbox.leave({}, isReserved: false) == .accepted)
            #expect(take(mailbox) == 2)
            #expect(!mailbox.isSignalled)
            #expect(take(mailbox) == 0)
        }
    }

    @Test func aFullOrClosedMailboxSignalsNothing() {
        let mailbox = LoopMailbox(postsMax: 1)
        #expect(mailbox.leave({}, isReserved: false) == .acceptedFirst)
        #expect(mailbox.leave({}, isReserved: false) == .full)
        #expect(mailbox.leave({}, isReserved: true) == .accepted)
        mailbox.close()
        #expect(mailbox.leave({}, isReserved: true) == .closed)
        #expect(take(mailbox) == 2)
        #expect(mailbox.leave({}, isReserved: true) == .closed)
        #expect(!mailbox.isSignalled)
    }

    /// Whatever threads do at the same time: where something lies in the mailbox, the signal is up.
    @Test func nothingIsLeftWithoutASignal() async {
        let mailbox = LoopMailbox(postsMax: .max)
        let (producers, each) = (4, 20_000)
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<producers {
                group.addTask {
                    for _ in 0..<each { _ = mailbox.leave({}, isReserved: true) }
                }
            }
            group.addTask {
                var sum = 0
                // As a loop does: it looks into the mailbox only when it is signalled.
                while sum < producers * each {
                    if mailbox.isSignalled { sum += take(mailbox) } else { await Task.yield() }
                }
            }
        }
        #expect(take(mailbox) == 0)
    }
}
