package import Synchronization

/// What a node counts of its traffic with others. Any thread.
package final class RemoteCounters: Sendable {
    /// Messages that are no envelope, or one of another version.
    package let badEnvelopes = Atomic<Int>(0)
    /// Notifications of others that no module here took: nobody hears of these otherwise.
    package let droppedNotifications = Atomic<Int>(0)
    /// Calls of others whose time was over when they came.
    package let expiredCalls = Atomic<Int>(0)
    /// Calls of others that found no room.
    package let refusedCalls = Atomic<Int>(0)
    /// Answers that nobody waited for any more.
    package let lateAnswers = Atomic<Int>(0)
    /// Answers that did not get out.
    package let lostAnswers = Atomic<Int>(0)
    /// How often the link came up.
    package let connects = Atomic<Int>(0)
    /// Nodes that were lost without a word.
    package let lostNodes = Atomic<Int>(0)

    /// Announcements that were too long, too many or too soon, or found no room.
    package let refusedAnnouncements = Atomic<Int>(0)
    /// Questions of others that came too often, and own ones that found no room.
    package let refusedQuestions = Atomic<Int>(0)
    /// Withdrawals in this node's name that it did not publish.
    package let forgedWithdrawals = Atomic<Int>(0)
    /// How often the loop stood still, so that the clocks were set back.
    package let standstills = Atomic<Int>(0)

    package init() {}

    /// All counters, by name.
    package var all: [(name: String, value: Int)] {
        [
            ("bad_envelopes", badEnvelopes.load(ordering: .relaxed)),
            ("dropped_notifications", droppedNotifications.load(ordering: .relaxed)),
            ("expired_calls", expiredCalls.load(ordering: .relaxed)),
            ("refused_calls", refusedCalls.load(ordering: .relaxed)),
            ("late_answers", lateAnswers.load(ordering: .relaxed)),
            ("lost_answers", lostAnswers.load(ordering: .relaxed)),
            ("connects", connects.load(ordering: .relaxed)),
            ("lost_nodes", lostNodes.load(ordering: .relaxed)),
            ("refused_announcements", refusedAnnouncements.load(ordering: .relaxed)),
            ("refused_questions", refusedQuestions.load(ordering: .relaxed)),
            ("forged_withdrawals", forgedWithdrawals.load(ordering: .relaxed)),
            ("standstills", standstills.load(ordering: .relaxed)),
        ]
    }
}
