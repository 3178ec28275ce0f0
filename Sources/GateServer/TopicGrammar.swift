import GateBytes

/// Splits topics. Topics are bytes that the protocol has found to be well-formed UTF-8.
package struct TopicGrammar: Sendable {
    let rule: TopicRule
    /// Prefixes that handler names must have to be called by clients; empty for no guard.
    let guards: [String]
    private let guardBytes: [[UInt8]]

    /// A grammar that follows `rule`; clients may call what begins with one of `guards`.
    package init(rule: TopicRule, guards: [String]) {
        self.rule = rule
        self.guards = guards
        guardBytes = guards.map { [UInt8]($0.utf8) }
    }

    /// Offset of the end of what decides the route (its second slash, a URI's query), and whether a reply is asked for.
    /// One pass, no allocation; the bytes before the end are the key of the route cache.
    package func split(_ topic: Span<UInt8>) -> (keyEnd: Int, wantsReply: Bool) {
        if rule == .uri { return splitURI(topic) }
        var slashes = 0
        for index in 0..<topic.count where topic[index] == UInt8(ascii: "/") {
            slashes += 1
            if slashes == 2 { return (index, index + 1 < topic.count) }
        }
        return (topic.count, false)
    }

    /// The route of a topic's key part.
    package func route(_ topic: Span<UInt8>, keyEnd: Int, wantsReply: Bool) throws(RouteFault) -> Route {
        rule == .topic
            ? try topicRoute(topic.extracting(0..<keyEnd), wantsReply: wantsReply)
            : try uriRoute(topic.extracting(0..<keyEnd), wantsReply: wantsReply)
    }

    private func topicRoute(_ key: Span<UInt8>, wantsReply: Bool) throws(RouteFault) -> Route {
        guard let slash = key.firstOffset(of: UInt8(ascii: "/")) else { throw .badTopic }
        let function = key.extracting((slash + 1)..<key.count)
        if !guardBytes.isEmpty && !guardBytes.contains(where: { function.starts(with: $0.span) }) {
            throw .guarded(prefix: guards[0], function: text(function))
        }
        let type = key.extracting(0..<slash)
        guard let at = type.firstOffset(of: UInt8(ascii: "@")) else {
            return Route(module: text(type), function: text(function), wantsReply: wantsReply)
        }
        return Route(
            module: text(type.extracting(0..<at)), node: text(type.extracting((at + 1)..<type.count)),
            function: text(function), wantsReply: wantsReply)
    }

    /// Longest name of a module that is looked for.
    private static let typeBytesMax = 256

    /// Of a topic's key part that leads nowhere: the module's type, and whether the handler has a prefix that clients may
    /// call. With no guard there is no such prefix.
    func firstPart(_ key: Span<UInt8>) -> (type: String?, isOpen: Bool) {
        let slash = key.firstOffset(of: UInt8(ascii: "/")) ?? key.count
        let function = key.extracting(min(slash + 1, key.count)..<key.count)
        let isOpen = guardBytes.contains { !$0.isEmpty && function.starts(with: $0.span) }
        let type = key.extracting(0..<slash)
        let end = type.firstOffset(of: UInt8(ascii: "@")) ?? type.count
        return (end <= Self.typeBytesMax ? text(type.extracting(0..<end)) : nil, isOpen)
    }

    private func splitURI(_ topic: Span<UInt8>) -> (keyEnd: Int, wantsReply: Bool) {
        guard let query = topic.firstOffset(of: UInt8(ascii: "?")) else { return (topic.count, false) }
        let name: StaticString = "msg_id="
        var start = query + 1
        while start < topic.count {
            let end = topic.firstOffset(of: UInt8(ascii: "&"), from: start) ?? topic.count
            if topic.extracting(start..<end).hasPrefix(name) && end - start > name.utf8CodeUnitCount {
                return (query, true)
            }
            start = end + 1
        }
        return (query, false)
    }

    private func uriRoute(_ key: Span<UInt8>, wantsReply: Bool) throws(RouteFault) -> Route {
        guard let colon = key.firstOffset(of: UInt8(ascii: ":")), colon > 0, colon + 2 < key.count,
            key[colon + 1] == UInt8(ascii: "/"), key[colon + 2] == UInt8(ascii: "/"),
            let path = key.firstOffset(of: UInt8(ascii: "/"), from: colon + 3)
        else { throw .badTopic }
        let host = text(key.extracting((colon + 3)..<path))
        let isAny = host.isEmpty || host == "modulus" || host == "cache" || host == "random"
        return Route(
            module: text(key.extracting(0..<colon)), node: isAny ? nil : host,
            function: text(key.extracting(path..<key.count)), wantsReply: wantsReply)
    }

    private func text(_ bytes: Span<UInt8>) -> String {
        String(decoding: [UInt8](copying: bytes), as: UTF8.self)
    }
}

extension Span where Element == UInt8 {
    /// Whether the bytes begin with those of a literal.
    func hasPrefix(_ literal: StaticString) -> Bool {
        // Sound: a StaticString's bytes are immortal, and its count is exact.
        unsafe starts(with: Span(_unsafeStart: literal.utf8Start, count: literal.utf8CodeUnitCount))
    }
}
