/// Something in the configuration that has no effect, or not the one that its writer may expect.
public struct ConfigurationNotice: Hashable, Sendable {
    /// What was noticed.
    public enum Reason: Hashable, Sendable {
        /// A key that nobody reads.
        case unknownKey(String, suggestion: String?)
        /// A key that mqant knew and that has no effect here; `others` is how often it stands elsewhere.
        case unusedKey(String, advice: String, others: Int)
        /// A listener for WebSocket.
        case noWebSocket(String)
        /// A module that the program does not have.
        case absentModule(String)
        /// A listener's route to a module that does not run in this process.
        case routeToAbsentModule(String, type: String)
        /// A module without a process group in mqant's form, which no process runs.
        case noProcessGroup(String)
        /// Modules are configured, but none for the chosen group.
        case emptyProcessGroup(String, known: [String])
        /// A listener whose protocol says nothing of what clients call, or says it in numbers, and that does not say it
        /// either.
        case noRoute(String, takesCodes: Bool)
        /// A listener whose clients may compress what they send, in a build that cannot read it.
        case noCompression(String)
        /// Nothing can connect.
        case noListeners
        /// Peers, but no address of this node at which they would be met.
        case peersWithoutLink
        /// A block of mqant's that would name a way to other processes and does not.
        case noLink(String, expected: String)
        /// An environment variable in our name that nobody reads.
        case unknownVariable(suggestion: String?)
        /// A protocol descriptor that is left out; what is wrong with it.
        case descriptor(String)
        /// A flag that is accepted and has no effect.
        case unusedFlag(advice: String)
    }

    /// Where it is.
    public let place: ConfigurationPlace
    /// What was noticed.
    public let reason: Reason

    /// A notice.
    public init(place: ConfigurationPlace, reason: Reason) {
        self.place = place
        self.reason = reason
    }
}

extension ConfigurationNotice: CustomStringConvertible {
    /// `server.json:3:5: unknown key 'limit', did you mean 'limits'?`.
    public var description: String { "\(place): \(reason)" }
}

extension ConfigurationNotice.Reason: CustomStringConvertible {
    /// The notice in words.
    public var description: String {
        switch self {
        case .unknownKey(let key, let suggestion?):
            "unknown key '\(Quoted.plain(key))', did you mean '\(suggestion)'?"
        case .unknownKey(let key, nil): "unknown key '\(Quoted.plain(key))' is ignored"
        case .unusedKey(let key, let advice, 0): "'\(key)' is ignored: \(advice)"
        case .unusedKey(let key, let advice, let others):
            "'\(key)' is ignored, here and in \(others) more \(others == 1 ? "place" : "places"): \(advice)"
        case .noWebSocket(let address):
            "no listener for WebSocket on '\(Quoted.plain(address))': WebSocket is not built in yet"
        case .absentModule(let type): "module '\(Quoted.plain(type))' is not in this program and does not run"
        case .routeToAbsentModule(let route, let type):
            "route '\(Quoted.plain(route))' leads nowhere: module '\(Quoted.plain(type))' does not run here"
        case .noProcessGroup(let type): "module '\(Quoted.plain(type))' has no ProcessID and does not run"
        case .emptyProcessGroup(let group, let known):
            "no module is configured for process group '\(Quoted.plain(group))'"
                + (known.isEmpty ? "" : ", only for \(known.map { "'\(Quoted.plain($0))'" }.joined(separator: ", "))")
        case .noRoute(let name, false):
            "clients of '\(Quoted.plain(name))' do not say what they call, so every request will fail: add "
                + "?route=Type/Function to the listener"
        case .noRoute(let name, true):
            "clients of '\(Quoted.plain(name))' say what they call in numbers, and the listener leads none anywhere: give it "
                + "routes, or ?route=Type/Function"
        case .noCompression(let name):
            "some clients of '\(Quoted.plain(name))' compress what they send (libpitaya's do unless told otherwise), and this "
                + "build cannot read it, so their connections will end with compression_unsupported: build with "
                + "--traits Zlib, or turn it off in the clients"
        case .noListeners: "no listener is configured, so no client can connect"
        case .peersWithoutLink: "peers are ignored: rpc.url (--rpc) says where this node meets them, and is not set"
        case .noLink(let key, let expected): "'\(Quoted.plain(key))' is ignored: expected \(expected)"
        case .unknownVariable(let suggestion?): "unknown environment variable, did you mean \(suggestion)?"
        case .unknownVariable(nil): "unknown environment variable is ignored"
        case .descriptor(let text): "the protocol is left out: \(text)"
        case .unusedFlag(let advice): "flag is ignored: \(advice)"
        }
    }
}
