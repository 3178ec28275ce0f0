import GateBytes
import GateIO
import GateProtocol
import Testing

@testable import GateRPC

/// Who is there, and who gets a call.
@Suite struct NodeDirectoryTests {
    static func at(_ milliseconds: Int) -> MonotonicTime {
        MonotonicTime(nanoseconds: Int64(milliseconds) * 1_000_000 + 1_000_000_000_000)
    }

    /// A directory with nodes `n0`, `n1`, …, each serving `M`.
    static func directory(_ count: Int, change: (Int, inout NodeAnnouncement) -> Void = { _, _ in }) -> NodeDirectory {
        var directory = NodeDirectory()
        for index in 0..<count {
            var node = NodeAnnouncement()
            node.inbox = "in\(index)"
            node.timeToLive = .seconds(4)
            node.modules = [ModuleDescription(type: "M", ids: ["id\(index)"], version: "\(index % 2)")]
            node.labels = ["zone": index < 2 ? "a" : "b"]
            change(index, &node)
            _ = directory.enter(NodeKey(name: "n\(index)", start: 1), node, at: at(0))
        }
        return directory
    }

    static func request(
        _ selection: RPCSelection = RPCSelection(), node: String? = nil, slot: UInt32? = nil, user: UserID? = nil
    ) -> RPCRequest {
        var session: SessionSnapshot?
        if let slot {
            session = Samples.session
            session?.id.slot = slot
            session?.userID = user
        }
        return RPCRequest(
            module: "M", node: node, function: "f", argument: .body([]), session: session, deadline: .never,
            trace: .random(), expectsReply: true, selection: selection)
    }

    private func chosen(_ directory: inout NodeDirectory, _ request: RPCRequest, times: Int = 1) -> [String] {
        (0..<times).map { _ in directory.select(request, at: Self.at(1))?.key.name ?? "-" }
    }

    @Test func aSessionKeepsItsNodeAndSessionsSpread() {
        var directory = Self.directory(3)
        var seen: [String: Int] = [:]
        for slot in 0..<300 as Range<UInt32> {
            let names = chosen(&directory, Self.request(slot: slot), times: 3)
            #expect(Set(names).count == 1)
            seen[names[0], default: 0] += 1
        }
        #expect(seen.count == 3)
        #expect(seen.values.allSatisfy { $0 > 50 })
    }

    @Test func whenANodeGoesOnlyItsSessionsMove() {
        var directory = Self.directory(4)
        let before = (0..<200).map { chosen(&directory, Self.request(slot: UInt32($0)))[0] }
        let withdrawn = directory.withdraw(NodeKey(name: "n2", start: 1), at: Self.at(1))
        #expect(withdrawn != nil)
        for (slot, name) in before.enumerated() {
            let after = chosen(&directory, Self.request(slot: UInt32(slot)))[0]
            if name == "n2" { #expect(after != "n2") } else { #expect(after == name) }
        }
    }

    @Test func aUserKeepsItsNodeOverSessions() {
        var directory = Self.directory(4)
        for user in ["ann", "bob", "cy"] as [UserID] {
            let names = (0..<20).map { chosen(&directory, Self.request(.user, slot: $0, user: user))[0] }
            #expect(Set(names).count == 1)
        }
        let guests = (0..<50).map { chosen(&directory, Self.request(.user, slot: $0))[0] }
        #expect(Set(guests).count > 1)
    }

    @Test func roundRobinVisitsAllInTurnForEachModule() {
        var directory = Self.directory(3) { _, node in node.modules.append(ModuleDescription(type: "N")) }
        var other = Self.request(.roundRobin)
        other.module = "N"
        var seen: [String: [String]] = [:]
        for _ in 0..<6 {
            for request in [Self.request(.roundRobin), other] {
                seen[request.module, default: []] += chosen(&directory, request)
            }
        }
        for names in seen.values {
            #expect(Set(names.prefix(3)).count == 3)
            #expect(names.prefix(3) == names.suffix(3))
        }
    }

    @Test func randomReachesAll() {
        var directory = Self.directory(3)
        let reached = Set(chosen(&directory, Self.request(.random), times: 200))
        #expect(reached == ["n0", "n1", "n2"])
    }

    @Test func theLeastLoadedIsWhoSaysSoOrHasLeastFromHere() {
        var directory = Self.directory(3) { index, node in node.load = [5, 2, 9][index] }
        let first = chosen(&directory, Self.request(.leastLoaded))
        #expect(first == ["n1"])
        for _ in 0..<6 { directory.began(NodeKey(name: "n1", start: 1)) }
        let busier = chosen(&directory, Self.request(.leastLoaded))
        #expect(busier == ["n0"])
        for _ in 0..<6 { directory.record(NodeKey(name: "n1", start: 1), isAnswered: true, at: Self.at(1)) }
        let calmer = chosen(&directory, Self.request(.leastLoaded))
        #expect(calmer == ["n1"])
    }

    @Test(arguments: [
        (RPCSelection(.random, version: "1"), ["n1", "n3"]), (RPCSelection(.random, version: "7"), []),
        (RPCSelection(.random, labels: ["zone": "b"]), ["n2", "n3"]),
        (RPCSelection(.random, version: "0", labels: ["zone": "b"]), ["n2"]),
        (RPCSelection(.random, labels: ["zone": "b", "more": ""]), []),
    ])
    func filtersLeaveOthersOut(selection: RPCSelection, names: [String]) {
        var directory = Self.directory(4)
        let seen = Set(chosen(&directory, Self.request(selection), times: 100))
        #expect(seen == (names.isEmpty ? ["-"] : Set(names)))
    }

    @Test(arguments: [("n1", "n1"), ("id2", "n2"), ("n9", "-")])
    func aNamedNodeIsTheOne(node: String, name: String) {
        var directory = Self.directory(3)
        let reached = Set(chosen(&directory, Self.request(.random, node: node), times: 20))
        #expect(reached == [name])
        #expect(directory.serves(module: "M", node: node) == (name != "-"))
    }

    @Test func aNodeThatDoesNotAnswerIsAvoidedForAWhile() {
        var directory = Self.directory(2)
        let sick = NodeKey(name: "n0", start: 1)
        for failure in 1...NodeDirectory.failuresMax {
            let names = Set(chosen(&directory, Self.request(.random), times: 100))
            #expect(names == ["n0", "n1"], "after \(failure - 1) failures")
            directory.record(sick, isAnswered: false, at: Self.at(1))
        }
        let reached = Set(chosen(&directory, Self.request(.random), times: 100))
        #expect(reached == ["n1"])
        // Asked for by name, or alone, it is tried all the same.
        let named = chosen(&directory, Self.request(node: "n0"))
        #expect(named == ["n0"])
        let later = (0..<100).map { _ in directory.select(Self.request(.random), at: Self.at(1_001))?.key.name }
        #expect(Set(later) == ["n0", "n1"])
        // The next failure is enough, an answer forgives all.
        directory.record(sick, isAnswered: false, at: Self.at(1_001))
        let again = directory.select(Self.request(.random), at: Self.at(1_500))?.key.name
        #expect(again == "n1")
        directory.record(sick, isAnswered: true, at: Self.at(2_500))
        directory.record(sick, isAnswered: false, at: Self.at(2_500))
        let healed = (0..<100).map { _ in directory.select(Self.request(.random), at: Self.at(2_501))?.key.name }
        #expect(Set(healed) == ["n0", "n1"])
    }

    @Test func anEntryDiesAfterItsTime() {
        var directory = Self.directory(1)
        let early = directory.expire(at: Self.at(3_999))
        #expect(early.isEmpty)
        #expect(directory.serves(module: "M", node: nil))
        let expired = directory.expire(at: Self.at(4_000)).map(\.key.name)
        #expect(expired == ["n0"])
        #expect(!directory.serves(module: "M", node: nil))
    }

    @Test func whoWithdrewStaysAwayUntilItStartsAgain() {
        var directory = Self.directory(1)
        let node = directory.entries.values.first?.node ?? NodeAnnouncement()
        let first = directory.withdraw(NodeKey(name: "n0", start: 1), at: Self.at(1))
        #expect(first != nil)
        let second = directory.withdraw(NodeKey(name: "n0", start: 1), at: Self.at(1))
        #expect(second == nil)
        let sameStart = directory.enter(NodeKey(name: "n0", start: 1), node, at: Self.at(2))
        #expect(sameStart == nil)
        let laterStart = directory.enter(NodeKey(name: "n0", start: 2), node, at: Self.at(2))?.isNew
        #expect(laterStart == true)
    }

    @Test func whoGoesOnAnnouncingItselfDidNotWithdraw() {
        var directory = Self.directory(1)
        let key = NodeKey(name: "n0", start: 1)
        let node = directory.entries.values.first?.node ?? NodeAnnouncement()
        _ = directory.withdraw(key, at: Self.at(1))
        let late = directory.enter(key, node, at: Self.at(3_000))
        #expect(late == nil)
        let again = directory.enter(key, node, at: Self.at(3_001))?.isNew
        #expect(again == true)
    }

    @Test func theBytesOfAllAnnouncementsHaveALimit() {
        var directory = NodeDirectory()
        let enter: (inout NodeDirectory, Int, Int) -> Bool = { directory, number, bytes in
            var node = NodeAnnouncement()
            node.inbox = "in\(number)"
            node.timeToLive = .seconds(4)
            return directory.enter(NodeKey(name: "n\(number)", start: 1), node, bytes: bytes, at: Self.at(0)) != nil
        }
        let half = NodeDirectory.bytesMax / 2
        let taken = [
            enter(&directory, 0, half), enter(&directory, 1, half + 1), enter(&directory, 2, half - 1),
            enter(&directory, 3, 1), enter(&directory, 4, 1),
        ]
        #expect(taken == [true, false, true, true, false])
        _ = directory.withdraw(NodeKey(name: "n0", start: 1), at: Self.at(0))
        let afterwards = enter(&directory, 4, half)
        #expect(afterwards)
        #expect(directory.bytes == NodeDirectory.bytesMax)
    }

    @Test func whatANodeServesChangesTenTimesASecondAtMost() {
        var directory = Self.directory(1)
        let key = NodeKey(name: "n0", start: 1)
        var node = directory.entries.values.first?.node ?? NodeAnnouncement()
        node.modules = []
        let soon = directory.enter(key, node, at: Self.at(99))
        #expect(soon == nil)
        #expect(directory.serves(module: "M", node: nil))
        let later = directory.enter(key, node, at: Self.at(100))?.isOther
        #expect(later == true)
        #expect(!directory.serves(module: "M", node: nil))
    }

    @Test func anAnswerIsASignOfLife() {
        var directory = Self.directory(2)
        let key = NodeKey(name: "n0", start: 1)
        directory.began(key)
        directory.record(key, isAnswered: true, at: Self.at(3_000))
        let gone = directory.expire(at: Self.at(4_000)).map(\.key.name)
        #expect(gone == ["n1"])
        let last = directory.expire(at: Self.at(7_000)).map(\.key.name)
        #expect(last == ["n0"])
    }

    @Test func timeThatDoesNotCountIsAdded() {
        var directory = Self.directory(1)
        directory.shift(by: .seconds(30))
        let early = directory.expire(at: Self.at(33_999)).count
        #expect(early == 0)
        directory.renew(at: Self.at(33_999))
        let renewed = directory.expire(at: Self.at(37_998)).count
        #expect(renewed == 0)
        let gone = directory.expire(at: Self.at(37_999)).count
        #expect(gone == 1)
    }

    @Test func callsThatEndWithTheLinkAreGivenBack() {
        var directory = Self.directory(2)
        let key = NodeKey(name: "n0", start: 1)
        for _ in 0..<5 { directory.began(key) }
        let busy = chosen(&directory, Self.request(.leastLoaded), times: 20)
        #expect(Set(busy) == ["n1"])
        for _ in 0..<6 { directory.release(key) }
        #expect(directory.entries[key]?.outstanding == 0)
        let free = chosen(&directory, Self.request(.leastLoaded), times: 100)
        #expect(Set(free) == ["n0", "n1"])
    }

    @Test func theNumberOfNodesHasALimit() {
        var directory = Self.directory(NodeDirectory.nodesMax)
        #expect(directory.entries.count == 4_096)
        var node = NodeAnnouncement()
        node.inbox = "one more"
        let refused = directory.enter(NodeKey(name: "x", start: 1), node, at: Self.at(0))
        #expect(refused == nil)
        let withdrawn = directory.withdraw(NodeKey(name: "n7", start: 1), at: Self.at(0))
        #expect(withdrawn != nil)
        let taken = directory.enter(NodeKey(name: "x", start: 1), node, at: Self.at(0))?.isNew
        #expect(taken == true)
    }

    @Test func aHandlersKindIsTheStrictestThatAnyNodeSays() {
        let directory = Self.directory(2) { index, node in
            node.modules = [
                ModuleDescription(
                    type: "M",
                    functions: ["same": .concurrent, "other": index == 0 ? .inline : .concurrent, "n\(index)": .serial])
            ]
        }
        let kinds = ["same", "other", "n0", "n1", "none"].map {
            directory.kind(module: "M", node: nil, function: $0)
        }
        #expect(kinds == [.concurrent, .ordered, .serial, .serial, nil])
        #expect(directory.kind(module: "M", node: "elsewhere", function: "same") == nil)
    }
}
