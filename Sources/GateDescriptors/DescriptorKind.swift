/// What a frame is for. The raw value is the index of its write program.
enum DescriptorKind: Int, CaseIterable, Sendable {
    case request, notify, heartbeat
    case response, error, push, kick

    /// Whether clients send it. The others come from the gateway only; heartbeats are echoed.
    var isFromClient: Bool {
        switch self {
        case .request, .notify, .heartbeat: true
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
        }
    }

    /// The kind of that name.
    init?(name: String) {
        guard let kind = Self.allCases.first(where: { $0.name == name }) else { return nil }
        self = kind
    }
}
