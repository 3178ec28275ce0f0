import GateBytes
import GateDescriptors
import GateProtocol
import GateTestKit
import Testing

@Suite struct LengthProtocolTests {
    /// A frame of the protocol.
    private func frame(_ name: String, _ body: String) -> [UInt8] {
        name == "length16" ? frame16(bytes(body)) : frame32(body)
    }

    @Test(arguments: ["length16", "length32"])
    func answersEachFrameInOrder(name: String) throws {
        let driver = try driver(name)
        driver.receive(frame(name, "hello"))
        #expect(driver.takeEvents() == [request("", "hello", 1)])
        driver.send(.reply(Correlation(rawValue: 1), .result, .bytes), payload: bytes("world!"))
        #expect(driver.takeOutput() == frame(name, "world!"))
    }

    /// What is added is no unit, and units may have more bytes than the largest length.
    @Test(arguments: [-1, 0, 1, 3], ["", "a", "é😀", String(repeating: "é", count: 60)])
    func unitsOfTextAreCountedApartFromWhatIsAdded(plus: Int, text: String) throws {
        let descriptor = try load(
            """
            {empty_frame: "deliver", frame: [
              {name: "size", type: "dec", end: ":", digits: 2, counts: "after", unit: "utf16", plus: \(plus)},
              {type: "const", text: "!"}, {name: "payload", type: "str", len: "rest"}],
             kinds: {request: {}, response: {}, push: {}}}
            """)
        let body = "!" + text
        let frame = bytes("\(body.utf16.count + plus):\(body)")
        let driver = try driver(descriptor)
        driver.send(.push(.atMostOnce, .bytes), payload: bytes(text))
        #expect(driver.takeOutput() == frame)
        let outcome = try ProtocolVerifier(try descriptor.definition().configure(ProtocolOptions())).verify(frame)
        #expect(outcome.fault == nil)
        #expect(outcome.events.last == request("", text, 1))
    }

    @Test(arguments: ["length16", "length32"])
    func holdsLaterAnswersUntilEarlierOnesAreWritten(name: String) throws {
        let driver = try driver(name)
        for text in ["a", "b", "c", "d"] { driver.receive(frame(name, text)) }
        let correlations = correlations(driver.takeEvents())
        driver.send(.reply(correlations[2], .result, .bytes), payload: bytes("C"))
        driver.send(.reply(correlations[1], .fault, .text), payload: bytes("B \"x\""))
        #expect(driver.takeOutput() == [])
        driver.send(.push(.atMostOnce, .bytes), topic: bytes("T/t"), payload: bytes("push"))
        #expect(driver.takeOutput() == frame(name, "push"))
        driver.send(.reply(correlations[0], .result, .bytes), payload: bytes("A"))
        #expect(
            driver.takeOutput() == frame(name, "A") + frame(name, #"{"Error":"B \"x\""}"#) + frame(name, "C"))
        driver.send(.reply(correlations[3], .result, .bytes), payload: [])
        #expect(driver.takeOutput() == frame(name, ""))
        // A second answer to the same request is nothing.
        driver.send(.reply(correlations[0], .result, .bytes), payload: bytes("again"))
        #expect(driver.takeOutput() == [])
    }

    @Test(arguments: ["length16", "length32"])
    func echoesHeartbeatsAndWritesPushesAndNotices(name: String) throws {
        let driver = try driver(name)
        driver.receive(frame(name, "") + frame(name, ""))
        #expect(driver.takeOutput() == frame(name, "") + frame(name, ""))
        driver.send(.push(.atLeastOnce, .text), topic: bytes("Chat/OnChat"), payload: bytes("hi"))
        #expect(driver.takeOutput() == frame(name, "hi"))
        driver.send(.kick, payload: bytes(#"{"reason":"again"}"#))
        #expect(driver.takeOutput() == frame(name, #"{"reason":"again"}"#))
        driver.send(.goodbye)
        driver.send(.refuse(.unavailable))
        #expect(driver.takeOutput() == [])
        #expect(driver.takeEvents() == [])
        #expect(!driver.hasEnded)
    }

    @Test(arguments: ["length16", "length32"], 0..<8)
    func readsTheSameHoweverTheBytesAreSplit(name: String, seed: Int) throws {
        let bodies = ["x", "", String(repeating: "y", count: 300), "zz", ""]
        let stream = bodies.flatMap { frame(name, $0) }
        let driver = try driver(name)
        var random = SeededGenerator(seed: UInt64(seed))
        var offset = 0
        while offset < stream.count {
            // Seed 0: all at once; 1: one by one; others: at random.
            let size = seed == 0 ? stream.count : seed == 1 ? 1 : Int(random.next() % 40) + 1
            let end = min(offset + size, stream.count)
            driver.receive(Array(stream[offset..<end]))
            offset = end
        }
        let expected = bodies.filter { !$0.isEmpty }.enumerated().map { request("", $1, UInt64($0 + 1)) }
        #expect(driver.takeEvents() == expected)
        #expect(driver.takeOutput() == frame(name, "") + frame(name, ""))
        #expect(driver.tail == [])
    }

    @Test func stopsAtTheNumberOfEventsAndGoesOn() throws {
        let driver = try driver("length32", eventsMax: 2)
        driver.receive((0..<5).flatMap { frame32("\($0)") })
        #expect(driver.takeEvents() == (0..<5).map { request("", "\($0)", UInt64($0 + 1)) })
    }

    @Test func saysHowManyBytesAreMissing() throws {
        let driver = try driver("length32")
        driver.receive([0])
        #expect(driver.bytesNeeded == 4)
        driver.receive([0, 1, 0])
        #expect(driver.bytesNeeded == 260)
        driver.receive([7])
        #expect(driver.bytesNeeded == 260)
        driver.receive([UInt8](repeating: 7, count: 255))
        #expect(driver.takeEvents().count == 1)
        #expect(driver.bytesNeeded == 0)
    }

    @Test(arguments: [(99, true), (100, true), (101, false)])
    func refusesAFrameAboveTheLimitOnceItsLengthIsKnown(total: Int, passes: Bool) throws {
        let driver = try driver("length32", ProtocolOptions(frameBytesMax: 100))
        driver.receive(Array(frame32([UInt8](repeating: 1, count: total - 4)).prefix(4)))
        #expect(driver.fault == (passes ? nil : .framing(.frameTooLarge(bytes: 101, limit: 100))))
        if passes {
            driver.receive([UInt8](repeating: 1, count: total - 4))
            #expect(driver.takeEvents().count == 1)
        }
    }

    @Test func takesTheLargestFrameOfTwoLengthBytes() throws {
        let body = String(repeating: "x", count: 65_535)
        let driver = try driver("length16")
        driver.receive(frame16(bytes(body)))
        #expect(driver.takeEvents() == [request("", body, 1)])
        driver.send(.reply(Correlation(rawValue: 1), .result, .bytes), payload: bytes(body))
        #expect(driver.takeOutput() == frame16(bytes(body)))
    }

    @Test func neverTruncatesWhatIsTooLongForTheLength() throws {
        let driver = try driver("length16")
        driver.send(.push(.atMostOnce, .bytes), payload: [UInt8](repeating: 1, count: 65_536))
        #expect(driver.fault == .framing(.notEncodable(bytes: 65_536, limit: 65_535)))
        #expect(driver.fault?.closeReason == .notEncodable)
        #expect(driver.takeOutput() == [])
    }

    @Test(arguments: [(1023, true), (1024, true), (1025, false)])
    func boundsOutstandingRequests(count: Int, passes: Bool) throws {
        let driver = try driver("length16")
        driver.receive((0..<count).flatMap { _ in frame16([1]) })
        #expect(driver.fault == (passes ? nil : .limitReached(1024)))
        #expect(driver.takeEvents().count == min(count, 1024))
    }

    @Test func boundsBytesOfAnswersThatWait() throws {
        let driver = try driver("length32")
        driver.receive((0..<6).flatMap { _ in frame32("r") })
        let million = [UInt8](repeating: 2, count: 1 << 20 - 4)
        for number in 2...5 {
            driver.send(.reply(Correlation(rawValue: UInt64(number)), .result, .bytes), payload: million)
        }
        #expect(driver.fault == nil)
        driver.send(.reply(Correlation(rawValue: 6), .result, .bytes), payload: [])
        #expect(driver.fault == .limitReached(4 << 20))
    }

    @Test func closesAClientThatSaysNothing() throws {
        let text = """
            {frame: [{name: "size", type: "u16", counts: "after"}, {name: "payload", type: "bytes", len: "rest"}],
             timers: {idle: "60s"}, empty_frame: "heartbeat"}
            """
        let driver = try driver(try load(text))
        #expect(driver.wakeUp == MonotonicTime(nanoseconds: 61_000_000_000))
        driver.now = MonotonicTime(nanoseconds: 41_000_000_000)
        driver.receive([0, 0])
        driver.fireTimer(at: MonotonicTime(nanoseconds: 61_000_000_000))
        #expect(driver.fault == nil)
        #expect(driver.wakeUp == MonotonicTime(nanoseconds: 101_000_000_000))
        driver.fireTimer()
        #expect(driver.fault == .keepAliveExpired)
    }
}
