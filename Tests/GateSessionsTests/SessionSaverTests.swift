import GateProtocol
import GateTestKit
import Testing

@testable import GateSessions

/// Saves of users' settings.
@Suite struct SessionSaverTests {
    /// Saves when the test lets it.
    final class Storage: SessionStorage {
        let turnstile = Turnstile()
        let begun = Record<String>()
        let ended = Record<String>()

        func load(_ user: UserID) async throws -> [String: String] { [:] }

        func save(_ settings: [String: String], of user: UserID) async {
            let text = "\(user.rawValue) \(settings["n"] ?? "-")"
            begun.add(text)
            await turnstile.pass()
            ended.add(text)
        }
    }

    let storage = Storage()

    func wait(_ count: Int) async {
        while storage.begun.count < count { await Task.yield() }
        for _ in 0..<100 { await Task.yield() }
    }

    @Test func oneAtATimeForEachUserTheNewestLast() async {
        let saver = SessionSaver(storage: storage)
        saver.save(["n": "1"], of: "Ann")
        await wait(1)
        saver.save(["n": "2"], of: "Ann")
        saver.save(["n": "3"], of: "Ann")
        await wait(1)
        #expect(storage.begun.all == ["Ann 1"])
        storage.turnstile.open()
        await wait(2)
        #expect(storage.begun.all == ["Ann 1", "Ann 3"])
        // One that comes while the second save runs waits for it as well.
        saver.save(["n": "4"], of: "Ann")
        await wait(2)
        #expect(storage.begun.all == ["Ann 1", "Ann 3"])
        storage.turnstile.open(2)
        await saver.drain { true }
        #expect(storage.ended.all == ["Ann 1", "Ann 3", "Ann 4"])
        saver.save(["n": "5"], of: "Ann")
        storage.turnstile.open()
        await saver.drain { true }
        #expect(storage.ended.all.last == "Ann 5")
    }

    @Test func usersSideBySide() async {
        let saver = SessionSaver(storage: storage)
        saver.save(["n": "1"], of: "Ann")
        saver.save(["n": "1"], of: "Bob")
        await wait(2)
        #expect(Set(storage.begun.all) == ["Ann 1", "Bob 1"])
        storage.turnstile.open(2)
        await saver.drain { true }
    }
}
