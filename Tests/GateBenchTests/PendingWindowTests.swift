import GateBench
import Testing

@Suite struct PendingWindowTests {
    @Test func answersInOrderTakeTheOldest() {
        var window = PendingWindow(depth: 4, hasTokens: false)
        for start in 1...4 { _ = window.push(Int64(start)) }
        #expect((0..<4).map { _ in window.take(-1) } == [1, 2, 3, 4])
        #expect(window.take(-1) == nil)
    }

    @Test func answersWithTokensMayOvertake() {
        var window = PendingWindow(depth: 4, hasTokens: true)
        let tokens = (1...3).map { window.push(Int64($0)) }
        #expect(window.take(tokens[2]) == 3)
        #expect(window.take(tokens[0]) == 1)
        #expect(window.take(tokens[0]) == nil)
        #expect(window.take(tokens[1]) == 2)
        #expect(window.count == 0)
    }

    @Test func anAnswerToNobodyIsNone() {
        var window = PendingWindow(depth: 4, hasTokens: true)
        let token = window.push(1)
        #expect(window.take(token + 1) == nil)
        #expect(window.take(99_999_999) == nil)
        #expect(window.take(token) == 1)
    }

    @Test(arguments: [1, 2, 16, 17])
    func roomEndsAtTheDepth(depth: Int) {
        for hasTokens in [true, false] {
            var window = PendingWindow(depth: depth, hasTokens: hasTokens)
            for start in 1...depth {
                #expect(window.hasRoom(depth: depth))
                _ = window.push(Int64(start))
            }
            #expect(!window.hasRoom(depth: depth))
        }
    }

    @Test func oneLostAnswerStopsAWindowOnlyAfterFourTimesItsDepth() {
        var window = PendingWindow(depth: 4, hasTokens: true)
        _ = window.push(1)
        var sent = 1
        while window.hasRoom(depth: 4) {
            #expect(window.take(window.push(2)) == 2)
            sent += 1
        }
        #expect(sent == 16)
        #expect(window.giveUp(before: 2) == 1)
        #expect(window.hasRoom(depth: 4))
    }

    @Test func aTokenThatWasGivenUpIsForgotten() {
        var window = PendingWindow(depth: 2, hasTokens: true)
        let early = window.push(10)
        let late = window.push(20)
        #expect(window.giveUp(before: 20) == 1)
        #expect(window.count == 1)
        #expect(window.take(early) == nil)
        #expect(window.take(late) == 20)
    }

    @Test func inOrderAGivenUpRequestKeepsItsPlace() {
        var window = PendingWindow(depth: 2, hasTokens: false)
        _ = window.push(10)
        _ = window.push(20)
        #expect(window.giveUp(before: 20) == 1)
        // The late answer of the first must not count for the second.
        #expect(window.take(-1) == nil)
        #expect(window.take(-1) == 20)
    }

    @Test func tokensStartAgainBehindTheLast() {
        var window = PendingWindow(depth: 1, hasTokens: true)
        var token = 0
        for _ in 0..<3 { token = window.push(1) }
        #expect(token == 2)
        #expect(window.next == 3)
    }

    @Test func aFanoutMessageEndsWithItsLastDelivery() {
        var tally = FanoutTally(inFlight: 2)
        let first = tally.push(at: 10, readers: 2)
        let second = tally.push(at: 20, readers: 2)
        #expect(!tally.hasRoom)
        #expect(tally.delivered(second) == 20)
        #expect(tally.delivered(second) == 20)
        #expect(!tally.hasRoom)
        #expect(tally.delivered(first) == 10)
        #expect(tally.delivered(first) == 10)
        #expect(tally.hasRoom)
        #expect(tally.delivered(first) == nil)
        #expect(tally.count == 0)
    }

    @Test func fanoutMessagesThatDoNotArriveAreGivenUp() {
        var tally = FanoutTally(inFlight: 4)
        let first = tally.push(at: 10, readers: 3)
        _ = tally.push(at: 20, readers: 3)
        #expect(tally.delivered(first) == 10)
        #expect(tally.giveUp(before: 20) == 2)
        #expect(tally.count == 1)
    }

    @Test func aFanoutPayloadNamesItsMessage() {
        var payload = FanoutTally.payload(bytes: 12)
        #expect(payload == Array("\"00000000xx\"".utf8))
        payload[8] = UInt8(ascii: "7")
        #expect(FanoutTally.number(in: payload.span, body: 0..<12) == 7)
        #expect(FanoutTally.number(in: payload.span, body: 0..<9) == nil)
        payload[3] = UInt8(ascii: "x")
        #expect(FanoutTally.number(in: payload.span, body: 0..<12) == nil)
    }
}
