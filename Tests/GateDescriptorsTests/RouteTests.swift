import GateBytes
import GateDescriptors
import GateProtocol
import GateTestKit
import Testing

@Suite struct RouteTests {
    /// A connection of a shipped protocol with routes.
    private func driver(_ name: String, _ routes: [String: String]) throws -> WireDriver {
        try GateDescriptorsTests.driver(name, ProtocolOptions(frameBytesMax: 1 << 24, routes: routes))
    }

    @Test func anAnswerGoesOutUnderAnotherNameWhereTheRouteSaysSo() throws {
        let driver = try driver("cellnet", ["proto.ChatREQ": "Chat/HD_Say -> proto.ChatACK"])
        // 16234 and 43601 are the hashes of the names.
        driver.receive([3, 0, 0x6A, 0x3F, 7])
        let correlation = try #require(correlations(driver.takeEvents()).first)
        driver.send(.reply(correlation, .result, .bytes), payload: [8])
        #expect(driver.takeOutput() == [3, 0, 0x51, 0xAA, 8])
    }

    @Test func aNameWithoutAnEntryIsTheListenersRouteAndComesBack() throws {
        let driver = try driver("leaf-json", ["Known": "A/HD_B"])
        driver.receive(frame16(bytes(#"{"Other":1}"#)) + frame16(bytes(#"{"C/HD_D":2}"#)))
        let events = driver.takeEvents()
        let found = correlations(events)
        #expect(found.count == 2)
        driver.send(.reply(found[1], .result, .json), topic: bytes("C/HD_D"), payload: bytes("4"))
        driver.send(.reply(found[0], .result, .json), payload: bytes("3"))
        // They have different names, so none waits.
        #expect(driver.takeOutput() == frame16(bytes(#"{"C/HD_D":4}"#)) + frame16(bytes(#"{"Other":3}"#)))
    }

    @Test(arguments: [
        (["x": "A/HD_B"], "x"), (["4294967296": "A/HD_B"], "4294967296"), (["-1": "A/HD_B"], "-1"),
        (["1": ""], "1"), (["1": "A/B -> x"], "x"), (["1": "A/B -> 1 2"], "1"), (["": "A/HD_B"], ""),
    ])
    func saysWhichRouteItCannotRead(routes: [String: String], culprit: String) throws {
        let definition = try #require(DescriptorLibrary().descriptor(named: "firefly")).definition()
        let error = #expect(throws: ProtocolSetupError.self) {
            _ = try definition.configure(ProtocolOptions(routes: routes))
        }
        guard case .invalidParameter("routes", let value, _) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(value == culprit)
    }

    /// Some clients keep the number of a name in one byte.
    @Test func namesBeyondTwoHundredAndFiftyFiveGoByName() throws {
        var routes: [String: String] = [:]
        for number in 0..<257 {
            let digits = String(number + 1000)
            routes["n\(digits)"] = "T/F\(digits)"
        }
        let driver = try driver("pomelo", routes)
        driver.receive([1, 0, 0, 0, 2, 0, 0, 0])
        let welcome = String(decoding: driver.takeOutput(), as: UTF8.self)
        #expect(welcome.contains(#""n1254":255}"#))
        #expect(!welcome.contains("n1255"))
        for number in [1254, 1255, 1256] {
            driver.send(.push(.atMostOnce, .json), topic: bytes("T/F\(number)"), payload: bytes("1"))
        }
        #expect(
            driver.takeOutput() == hex("04000004 07 00ff 31") + hex("04000008 06 05") + bytes("n12551")
                + hex("04000008 06 05") + bytes("n12561"))
        // 0 is the number of none of them.
        driver.receive(hex("04000004 00 01 00") + [0x31] + hex("04000009 00 02 05") + bytes("n1255") + [0x31])
        #expect(driver.takeEvents().count == 2)
    }

    @Test func refusesNamesOfOneHash() throws {
        let definition = try #require(DescriptorLibrary().descriptor(named: "cellnet")).definition()
        // The number is the hash of the name.
        #expect(throws: ProtocolSetupError.self) {
            _ = try definition.configure(ProtocolOptions(routes: ["main.TestEchoACK": "A/B", "4673": "A/C"]))
        }
    }

    @Test(arguments: [("0", false), ("1", true), ("3600", true), ("3601", false), ("x", false), ("01", false)])
    func holdsNumbersToTheirRange(value: String, passes: Bool) throws {
        let definition = try #require(DescriptorLibrary().descriptor(named: "pomelo")).definition()
        let options = ProtocolOptions(parameters: ["heartbeat": value])
        if passes {
            _ = try definition.configure(options)
        } else {
            let expected = ProtocolSetupError.invalidParameter("heartbeat", value: value, allowed: "1...3600")
            #expect(throws: expected) { _ = try definition.configure(options) }
        }
    }
}

@Suite struct StateTests {
    private func second(_ count: Int64) -> MonotonicTime { MonotonicTime(nanoseconds: count * 1_000_000_000) }

    @Test func closesAClientThatDoesNotFinishItsHandshake() throws {
        let driver = try driver("pomelo")
        #expect(driver.wakeUp == second(11))
        driver.receive([1, 0, 0, 0])
        driver.fireTimer(at: second(11))
        #expect(driver.close == .handshakeTimeout)
    }

    @Test func closesAClientThatIsSilentForTwoHeartbeats() throws {
        let driver = try driver("pomelo")
        driver.receive([1, 0, 0, 0, 2, 0, 0, 0])
        #expect(driver.wakeUp == second(21))
        driver.now = second(20)
        driver.receive([3, 0, 0, 0])
        driver.fireTimer(at: second(21))
        #expect(driver.fault == nil)
        #expect(driver.wakeUp == second(40))
        driver.fireTimer(at: second(40))
        #expect(driver.fault == .keepAliveExpired)
    }

    @Test func sendsAReplyAgainAndAgainOnceMessagesAreDelivered() throws {
        let driver = try GateDescriptorsTests.driver(
            try load(
                """
                {
                  frame: [
                    {name: "op", type: "u8", enum: {request: 1, hello: 2, beat: 3, response: 4}},
                    {name: "payload", type: "bytes", len: "u8"},
                  ],
                  kinds: {request: {op: "request"}, hello: {op: "hello"}, response: {op: "response"}},
                  states: {new: {hello: "goto open", else: "close"}, open: {request: "deliver", else: "close"}},
                  replies: {beat: {op: "beat"}},
                  timers: {every: "5s", send: "beat"},
                }
                """))
        driver.fireTimer(at: second(6))
        #expect(driver.takeOutput() == [])
        driver.receive([2, 0])
        driver.fireTimer(at: second(11))
        #expect(driver.takeOutput() == [3, 0])
        #expect(driver.wakeUp == second(16))
    }

    @Test(arguments: [(16_383, true), (16_384, true), (16_385, false)])
    func cutsALineOffBeforeItsEndComes(count: Int, passes: Bool) throws {
        let driver = try driver("line")
        // One byte at a time: nothing is looked at twice, and nothing waits for an end that may never come.
        for _ in 0..<count { driver.receive([0x61]) }
        #expect((driver.fault == nil) == passes)
        if passes {
            driver.receive([13, 10])
            #expect(driver.takeEvents().count == 1)
        } else {
            #expect(driver.fault?.closeReason == .frameTooLarge)
        }
    }

    @Test(arguments: [(63, false), (64, true), (65, true)])
    func boundsWhatAZeroPackedBodyBecomes(limit: Int, passes: Bool) throws {
        let driver = try GateDescriptorsTests.driver(
            try load(
                """
                {
                  limits: {max_inflated: \(limit)},
                  frame: [
                    {name: "size", type: "u16", counts: "after"},
                    {name: "body", type: "native", codec: "sproto-rpc", len: "rest"},
                  ],
                  routes: {by: "number"},
                  kinds: {request: {has: ["code", "id"]}, response: {has: "id", absent: "code"}},
                }
                """))
        // A request, and seven bytes of zero, each of which stands for eight: 64 bytes in all.
        driver.receive([0, 11, 0x15, 0x02, 0x04, 0x04] + [UInt8](repeating: 0, count: 7))
        #expect(driver.fault == (passes ? nil : .framing(.inflatedTooLarge(limit: 63))))
        #expect(driver.takeEvents().count == (passes ? 1 : 0))
    }
}
