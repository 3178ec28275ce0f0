import GateBytes
public import GateFuzz
import GateMQTT
import GateProtocol
import GateServer

/// What is promised about any topic: the router's grammar and MQTT's rules for names and filters, each against the same
/// rule in its plainest words.
/// - Parameter input: The first byte chooses grammar and guards; the others are the topic.
/// - Throws: ``FuzzFinding``.
public func fuzzTopics(_ input: Span<UInt8>) throws(FuzzFinding) {
    if input.isEmpty { return }
    let topic = [UInt8](copying: input, range: 1..<input.count)
    if topic.count > 65_535 { return }
    try checkName(topic)
    try checkFilter(topic)
    // The router is asked for names that a protocol has found to be text.
    guard isText(topic) else { return }
    let rule: TopicRule = input[0] & 1 == 0 ? .topic : .uri
    let guards = input[0] & 2 == 0 ? [] : ["HD_", "/h"]
    try checkRoute(topic, rule, guards)
}

private func checkRoute(_ topic: [UInt8], _ rule: TopicRule, _ guards: [String]) throws(FuzzFinding) {
    let grammar = TopicGrammar(rule: rule, guards: guards)
    let (keyEnd, wantsReply) = grammar.split(topic.span)
    if keyEnd < 0 || keyEnd > topic.count { throw FuzzFinding("the key ends at \(keyEnd) of \(topic.count)") }
    let found = Result { () throws(RouteFault) in
        try grammar.route(topic.span, keyEnd: keyEnd, wantsReply: wantsReply)
    }
    // Bytes behind the key never count: the route cache is asked with the key alone.
    let ofKey = Result { () throws(RouteFault) in
        try grammar.route(Array(topic[..<keyEnd]).span, keyEnd: keyEnd, wantsReply: wantsReply)
    }
    if found != ofKey { throw FuzzFinding("\(topic): \(found), of the key alone \(ofKey)") }
    let expected = rule == .topic ? plainTopic(topic, guards) : plainURI(topic)
    if found != expected { throw FuzzFinding("\(topic): \(found), expected \(expected)") }
}

/// `type[@node]/handler[/token]`, in other words.
private func plainTopic(_ topic: [UInt8], _ guards: [String]) -> Result<Route, RouteFault> {
    let parts = topic.split(separator: UInt8(ascii: "/"), maxSplits: 2, omittingEmptySubsequences: false)
    guard parts.count >= 2 else { return .failure(.badTopic) }
    let function = text(parts[1])
    if !guards.isEmpty && !guards.contains(where: { parts[1].starts(with: Array($0.utf8)) }) {
        return .failure(.guarded(prefix: guards[0], function: function))
    }
    let names = parts[0].split(separator: UInt8(ascii: "@"), maxSplits: 1, omittingEmptySubsequences: false)
    return .success(
        Route(
            module: text(names[0]), node: names.count == 2 ? text(names[1]) : nil, function: function,
            wantsReply: parts.count == 3 && !parts[2].isEmpty))
}

/// `type://host/path[?msg_id=n]`, in other words.
private func plainURI(_ topic: [UInt8]) -> Result<Route, RouteFault> {
    let parts = topic.split(separator: UInt8(ascii: "?"), maxSplits: 1, omittingEmptySubsequences: false)
    let queries = parts.count == 2 ? parts[1].split(separator: UInt8(ascii: "&")) : []
    let mark = Array("msg_id=".utf8)
    let wantsReply = queries.contains { $0.starts(with: mark) && $0.count > mark.count }
    guard let colon = parts[0].firstIndex(of: UInt8(ascii: ":")), colon > 0 else { return .failure(.badTopic) }
    let rest = parts[0][(colon + 1)...]
    guard rest.starts(with: [0x2F, 0x2F]), let path = rest.dropFirst(2).firstIndex(of: 0x2F) else {
        return .failure(.badTopic)
    }
    let host = text(rest[(colon + 3)..<path])
    return .success(
        Route(
            module: text(parts[0][..<colon]), node: ["", "modulus", "cache", "random"].contains(host) ? nil : host,
            function: text(parts[0][path...]), wantsReply: wantsReply))
}

private func text(_ bytes: ArraySlice<UInt8>) -> String { String(decoding: bytes, as: UTF8.self) }

private func isText(_ bytes: [UInt8]) -> Bool {
    !bytes.contains(0) && String(validating: bytes, as: UTF8.self) != nil
}

/// A PUBLISH is read exactly when its topic is a name [MQTT-3.3.2-1], [MQTT-3.3.2-2].
private func checkName(_ topic: [UInt8]) throws(FuzzFinding) {
    let body = lengthPrefixed(topic)
    let isName = !topic.isEmpty && isText(topic) && !topic.contains { $0 == 0x2B || $0 == 0x23 }
    if isRead([0x30] + remainingLength(body.count) + body) != isName {
        throw FuzzFinding("the name \(topic) is \(isName ? "refused" : "accepted")")
    }
}

/// A SUBSCRIBE is read exactly when its filter is one [MQTT-4.7.1-2], [MQTT-4.7.1-3].
private func checkFilter(_ topic: [UInt8]) throws(FuzzFinding) {
    let body = [0x00, 0x01] + lengthPrefixed(topic) + [0x01]
    let levels = topic.split(separator: 0x2F, omittingEmptySubsequences: false)
    let areLevels = levels.enumerated().allSatisfy { index, level in
        if level.contains(0x2B) { return level.count == 1 }
        if level.contains(0x23) { return level.count == 1 && index == levels.count - 1 }
        return true
    }
    let isFilter = !topic.isEmpty && isText(topic) && areLevels
    if isRead([0x82] + remainingLength(body.count) + body) != isFilter {
        throw FuzzFinding("the filter \(topic) is \(isFilter ? "refused" : "accepted")")
    }
}

private func isRead(_ packet: [UInt8]) -> Bool {
    do {
        if case .frame = try MQTTCodec(frameBytesMax: 70_000).decode(packet.span, scanned: 0) { return true }
        return false
    } catch {
        return false
    }
}

private func lengthPrefixed(_ bytes: [UInt8]) -> [UInt8] {
    [UInt8(bytes.count >> 8), UInt8(bytes.count & 0xFF)] + bytes
}
