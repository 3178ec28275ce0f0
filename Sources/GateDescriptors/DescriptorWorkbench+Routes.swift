import GateBytes
import GateProtocol

extension DescriptorWorkbench {
    /// Where a listener with the routes of this workbench sends a message, or what an answer or a push is about.
    func target(code: UInt64?, name: [UInt8]?) -> String? {
        let routes = program.routes
        if let code { return routes.entry(code: code).map { text(routes.entries[$0].route) } ?? listenerRoute }
        guard let name, !name.isEmpty else { return listenerRoute }
        if let entry = routes.entry(name: name.span) { return text(routes.entries[entry].route) }
        if name.contains(UInt8(ascii: "/")) || routes.isDefault { return text(name) }
        guard let split = routes.split else { return listenerRoute }
        let parts = name.split(separator: split, omittingEmptySubsequences: false).suffix(2)
        guard parts.count == 2, parts.first?.isEmpty == false else { return listenerRoute }
        return text(Array(parts.joined(separator: [UInt8(ascii: "/")])))
    }

    /// Puts the clients' own name or code in place of a route that the listener's routes know.
    func settleRoute(_ content: inout FrameIngredients, isAnswer: Bool) {
        guard !content.route.isEmpty, !content.hasCode else { return }
        let routes = program.routes
        guard let place = routes.entry(route: content.route.span) ?? routes.entry(name: content.route.span) else {
            return
        }
        let entry = routes.entries[place]
        if case .name = routes.form {
            content.route = isAnswer ? entry.answerName : entry.name
        } else {
            content.code = isAnswer ? entry.answerCode : entry.code
            content.hasCode = true
            content.route = []
        }
    }

    private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
}
