import GateBytes
import GateDescriptors
import GateProtocol
import GateTestKit
import Testing

/// A login inside a described protocol.
@Suite struct DescriptorLoginTests {
    private static let text = #"""
        {
          frame: [
            {name: "op", type: "u8", enum: {hello: 1, call: 2, no: 3}},
            {name: "device", type: "u16", when: {op: "hello"}},
            {name: "size", type: "u16", counts: "after"},
            {name: "name", type: "bytes", until: "\0", when: {op: "hello"}},
            {name: "secret", type: "bytes", len: "rest", when: {op: "hello"}},
            {name: "payload", type: "bytes", len: "rest", when: {op: ["call", "no"]}},
          ],
          login: {user: "name", password: "secret", client_id: "device"},
          kinds: {hello: {op: "hello"}, request: {op: "call"}, response: {op: "call"}},
          states: {
            new: {hello: ["login sorry", "reply welcome", "goto open"], else: "close"},
            open: {request: "deliver", else: "close"},
          },
          replies: {
            welcome: {op: "hello", device: "$in.device", name: "$in.name", secret: {text: "in"}},
            sorry: {op: "no", payload: {text: "sorry"}},
          },
          timers: {handshake: "10s"},
        }
        """#

    private static let hello = hex("01 0007 0007 426f7400 70777d")
    private static let call = hex("02 0001 61")
    private static let welcome = hex("01 0007 0006 426f7400 696e")

    private func driver(answer: ServerAction?) throws -> WireDriver {
        let driver = try GateDescriptorsTests.driver(try load(Self.text))
        driver.answerLogin = answer
        return driver
    }

    @Test func theFieldsOfALoginReachWhoeverDecides() throws {
        let driver = try driver(answer: nil)
        #expect(driver.credentials?.isLogin == false)
        driver.receive(Self.hello)
        #expect(driver.takeEvents() == [.login])
        #expect(driver.credentials?.userName == bytes("Bot"))
        #expect(driver.credentials?.password == bytes("pw}"))
        #expect(driver.credentials?.clientID == bytes("7"))
        #expect(driver.credentials?.isLogin == true)
    }

    @Test func nothingBehindALoginIsTakenBeforeItsAnswer() throws {
        let driver = try driver(answer: nil)
        driver.receive(Self.hello + Self.call)
        driver.receive(Self.call)
        #expect(driver.takeEvents() == [.login])
        #expect(driver.takeOutput() == [])
        driver.send(.accept(sessionPresent: false))
        #expect(driver.takeOutput() == Self.welcome)
        driver.receive([])
        #expect(correlations(driver.takeEvents()).count == 2)
        #expect(driver.tail == [])
    }

    @Test func aRefusedLoginIsToldWhyAndEnds() throws {
        let driver = try driver(answer: .refuse(.badCredentials))
        driver.receive(Self.hello + Self.call)
        #expect(driver.takeEvents() == [.login])
        #expect(driver.takeOutput() == hex("03 0005 736f727279"))
        #expect(driver.close == .refused)
    }

    @Test func withoutAHookEverybodyComesIn() throws {
        let driver = try driver(answer: .accept(sessionPresent: false))
        driver.receive(Self.hello + Self.call)
        #expect(driver.takeOutput() == Self.welcome)
        #expect(correlations(driver.takeEvents()).count == 1)
        // A second answer changes nothing.
        driver.send(.accept(sessionPresent: false))
        driver.send(.refuse(.unavailable))
        #expect(driver.takeOutput() == [])
        #expect(driver.close == nil)
    }

    @Test func whoIsNotLetInYetHasNotFinishedTheHandshake() throws {
        let driver = try driver(answer: nil)
        driver.receive(Self.hello)
        driver.fireTimer(at: driver.now + .seconds(10))
        #expect(driver.close == .handshakeTimeout)
    }

    @Test(arguments: [
        (#"login: {user: "nobody"}"#, "$.login: unknown value 'nobody'"),
        (#"login: {name: "name"}"#, "$.login.name: unknown key 'name'; valid: user, password, client_id"),
    ])
    func namesWhatIsWrongWithALogin(_ login: String, _ expected: String) {
        let text = Self.text.replacingLogin(with: login)
        let file = DescriptorFile(name: "test.json5", bytes: bytes(text))
        guard case .failed(let problems) = ProtocolDescriptor.load(file) else {
            Issue.record("it is loaded")
            return
        }
        #expect(problems.contains { "\($0.path): \($0.fault)".hasPrefix(expected) }, "\(problems)")
    }

    @Test func kbenginesLoginNamesItsAccount() throws {
        let driver = try GateDescriptorsTests.driver("kbengine")
        driver.answerLogin = nil
        driver.receive(hex("ca00 0700 626f743100 3100"))
        #expect(driver.credentials?.userName == bytes("bot1"))
        #expect(driver.credentials?.password == bytes("1"))
    }
}

extension String {
    /// The text with another `login`.
    fileprivate func replacingLogin(with login: String) -> String {
        split(separator: "\n", omittingEmptySubsequences: false)
            .map { $0.hasPrefix("  login: {") ? "  \(login)," : String($0) }.joined(separator: "\n")
    }
}
