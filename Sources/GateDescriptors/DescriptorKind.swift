/// What a frame is for. The raw value is the index of its write program.
enum DescriptorKind: Int, CaseIterable, Sendable {
    case request, notify, heartbeat
    case response, error, push, kick
    /// A kind with a name of the descriptor's own, which its states say what to do with.
    case other

    /// Whether clients send it. The others come from the gateway only; heartbeats are echoed.
    var isFromClient: Bool {
        switch self {
        case .request, .notify, .heartbeat, .other: true
        case .response, .error, .push, .kick: false
        }
    }

    /// The word for it in a descriptor.
    var name: String {
        switch self {
        case .request: "request"
        case .notify: "notify"
        case .heartbeat: "heartbeat"
        case .response: "response"
        case .error: "error"
        case .push: "push"
        case .kick: "kick"
        case .other: "other"
        }
    }

    /// Those with a meaning of their own.
    static let named = allCases.filter { $0 != .other }

    /// The kind of that name.
    init?(name: String) {
        guard let kind = Self.named.first(where: { $0.name == name }) else { return nil }
        self = kind
    }
}
