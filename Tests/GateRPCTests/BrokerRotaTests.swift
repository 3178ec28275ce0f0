import GateBytes
import Testing

@testable import GateRPC

/// Which server is next, and how often something may happen.
@Suite struct BrokerRotaTests {
    @Test func behindTheLastServerComesAWaitThatDoublesToItsMaximum() {
        var rota = BrokerRota()
        var waits: [[TimeSpan]] = []
        for _ in 0..<7 { waits.append((0..<3).map { _ in rota.failed(servers: 3, jitter: 1) }) }
        let last = [100, 200, 400, 800, 1_000, 1_000, 1_000].map { TimeSpan.milliseconds($0) }
        #expect(waits == last.map { [.zero, .zero, $0] })
        #expect(rota.next == 0)
        #expect(rota.failed(servers: 1, jitter: 0) == .milliseconds(500))
    }

    @Test func aServerThatHeldIsFollowedByTheFirstAndOneThatEndsUsByTheNext() {
        var rota = BrokerRota()
        _ = rota.failed(servers: 3, jitter: 1)
        #expect(rota.next == 1)
        #expect(rota.lost(after: .seconds(5), servers: 3, jitter: 1) == .milliseconds(100))
        #expect(rota.next == 0)
        #expect(rota.lost(after: .milliseconds(4_999), servers: 3, jitter: 1) == .milliseconds(200))
        #expect(rota.next == 1)
        for _ in 0..<20 { _ = rota.lost(after: .zero, servers: 3, jitter: 1) }
        #expect(rota.lost(after: .zero, servers: 3, jitter: 1) == BrokerRota.waitMax)
        #expect(rota.lost(after: .seconds(60), servers: 3, jitter: 1) == BrokerRota.waitMin)
    }

    @Test func aBudgetIsSpentAndFillsAgain() {
        var budget = RateBudget(burst: 3, perSecond: 2)
        let start = MonotonicTime(nanoseconds: 0)
        let at: (Int) -> MonotonicTime = { start + .milliseconds($0) }
        let taken = [0, 0, 0, 0, 499, 500, 500, 1_000, 60_000, 60_000, 60_000, 60_000].map { budget.take(at: at($0)) }
        #expect(
            taken == [true, true, true, false, false, true, false, true, true, true, true, false])
    }

    @Test func aQuestionToSeveralEndsWithItsLastAnswer() throws {
        let nodes = ["a", "b", "c"].map { NodeKey(name: $0, start: 1) }
        var gathers = Gathers()
        let at: (Int) -> MonotonicTime = { MonotonicTime(nanoseconds: 0) + .milliseconds($0) }
        for call in [1, 2] as [UInt64] {
            gathers.add(call, Gathers.Entry(missing: Set(nodes), deadline: at(Int(call) * 100)) { _ in })
        }
        let first = gathers.enter(1, from: nodes[0], [7])
        #expect(first.isKnown && first.ended == nil)
        let again = gathers.enter(1, from: nodes[0], [8])
        #expect(!again.isKnown)
        let unknown = gathers.enter(9, from: nodes[0], [8])
        #expect(!unknown.isKnown)
        let second = gathers.enter(1, from: nodes[1], [8])
        #expect(second.ended == nil)
        let lost = gathers.lose(.unreachable) { $0 == nodes[2] }
        #expect(lost.count == 1)
        #expect(
            lost.first?.answers == [
                nodes[0]: .success([7]), nodes[1]: .success([8]), nodes[2]: .failure(.unreachable),
            ])
        #expect(gathers.nextDeadline == at(200))
        gathers.shift(by: .milliseconds(50))
        let early = gathers.expire(at: at(249)).count
        #expect(early == 0)
        let expired = gathers.expire(at: at(250))
        #expect(expired.first?.answers[nodes[0]] == .failure(.deadlineExceeded))
        #expect(gathers.count == 0)
    }
}
