import GateProtocol
import Synchronization

/// Saves users' settings one call at a time for each user, the newest last; states in between may be skipped.
final class SessionSaver: Sendable {
    private struct Entry {
        /// What is to be saved after the running call.
        var next: [String: String]?
    }

    private let storage: any SessionStorage
    private let running = Mutex<[UserID: Entry]>([:])

    init(storage: any SessionStorage) {
        self.storage = storage
    }

    func save(_ settings: [String: String], of user: UserID) {
        let starts = running.withLock { table in
            if table[user] != nil {
                table[user] = Entry(next: settings)
                return false
            }
            table[user] = Entry(next: nil)
            return true
        }
        guard starts else { return }
        Task {
            var settings = settings
            while true {
                await storage.save(settings, of: user)
                guard let next = takeNext(user) else { return }
                settings = next
            }
        }
    }

    private func takeNext(_ user: UserID) -> [String: String]? {
        running.withLock { table in
            let next = table[user]?.next
            table[user] = next == nil ? nil : Entry(next: nil)
            return next
        }
    }

    /// Waits until nothing is being saved, as long as `goesOn` says so.
    func drain(while goesOn: @Sendable () -> Bool) async {
        while goesOn() && running.withLock({ table in !table.isEmpty }) {
            try? await Task.sleep(for: .milliseconds(10))
        }
    }
}
