import GateTestKit

/// What frames mean, and what is written.
extension DescriptorMaker {
    /// `kinds`, `states`, `replies`, `on_open`, `timers`.
    mutating func meanings() -> [(String, FuzzNode)] {
        var members: [(String, FuzzNode)] = []
        let hasOperation = fields.contains { $0.name == "op" }
        let hasStates = hasOperation && chance(3)
        replyNames = hasStates || chance(6) ? ["pong", "greet"] : []
        let opens = !replyNames.isEmpty && chance(2)
        let beats = !replyNames.isEmpty && chance(2)
        if opens || beats { unasked.insert("greet") }
        if hasKeys || hasStates || !chance(4) { members.append(("kinds", kinds(hasStates))) }
        if hasStates { members.append(("states", states())) }
        if !replyNames.isEmpty {
            members.append(
                ("replies", .object(replyNames.map { ($0, reply($0)) })))
        }
        if opens { members.append(("on_open", chance(2) ? "reply greet" : ["reply greet", "ignore"])) }
        if beats || chance(6) { members.append(("timers", timers(beats))) }
        return members
    }

    private mutating func kinds(_ hasStates: Bool) -> FuzzNode {
        let hasOperation = fields.contains { $0.name == "op" }
        var list: [(String, String, Bool)] = [("request", "ask", false)]
        if hasOperation {
            if chance(2) { list.append(("notify", "tell", false)) }
            if chance(2) { list.append(("heartbeat", "beat", false)) }
            if hasStates { list.append(("hello", "hello", false)) }
        }
        list.append(("response", "answer", true))
        if chance(2) { list.append(("error", "bad", true)) }
        if chance(2) { list.append(("push", "say", true)) }
        if chance(2) { list.append(("kick", "leave", true)) }
        kindNames = list.map(\.0)
        return .object(list.map { name, word, isWritten in (name, kind(name, word, isWritten)) })
    }

    private mutating func kind(_ name: String, _ word: String, _ isWritten: Bool) -> FuzzNode {
        let place = isWritten ? outFields : fields
        var members: [(String, FuzzNode)] = []
        if place.contains(where: { $0.name == "op" }) {
            if isWritten, place.contains(where: { $0.name == "head" }), chance(8) {
                // What the client sent, of whatever kind that was.
                isPlain = false
                members.append(("head", "$in.head"))
            } else {
                members.append(("op", chance(12) ? .number(random.below(8)) : .text(word)))
            }
        }
        let keys = place.filter { if case .key = $0.form { true } else { false } }.map(\.name)
        if !keys.isEmpty {
            let wanted: [String] =
                switch name {
                case "request", "response": ["id", "code", "answer", "route", "payload", "result"]
                case "error": ["id", "answer", "error"]
                default: ["route", "payload"]
                }
            var has = wanted.filter { keys.contains($0) && ($0 == "id" || !chance(4)) }
            if name == "error", !has.contains("error") {
                has += ["error", "payload"].filter { keys.contains($0) }.prefix(1)
            }
            if name == "response" {
                if !has.contains("payload"), !has.contains("result"), keys.contains("payload") { has.append("payload") }
                if has.contains("payload") { has.removeAll { $0 == "result" } }
            }
            if !has.isEmpty { members.append(("has", has.count == 1 ? .text(has[0]) : .array(has.map { .text($0) }))) }
            if !isWritten, name != "request", keys.contains("id") { members.append(("absent", "id")) }
            if isWritten, keys.contains("answer"), has.contains("answer") { members.append(("answer", "$id")) }
        }
        if isWritten { members += values(among: place, canRepeat: name == "response" || name == "error") }
        if name == "error", chance(3), let field = place.first(where: { !$0.decides && $0.name == "flags" }) {
            members.removeAll { $0.0 == field.name }
            members.append((field.name, ["fault_code": chance(2) ? .number(random.below(9)) : "NONE"]))
        }
        return .object(members)
    }

    private mutating func reply(_ name: String) -> FuzzNode {
        if chance(8) { return ["raw": content(canRepeat: false)] }
        var members: [(String, FuzzNode)] = []
        if let operation = outFields.first(where: { $0.name == "op" }), let word = operation.words.last {
            members.append(("op", .text(word)))
        }
        members += values(among: outFields, canRepeat: !unasked.contains(name))
        let keys = outFields.filter { if case .key = $0.form { true } else { false } }.map(\.name)
        if !keys.isEmpty, chance(2) { members.append(("has", .array(keys.prefix(2).map { .text($0) }))) }
        return .object(members)
    }

    /// What is said of some fields.
    private mutating func values(among place: [Field], canRepeat: Bool) -> [(String, FuzzNode)] {
        var members: [(String, FuzzNode)] = []
        for field in place
        where !["op", "payload", "id", "error", "answer", "coded"].contains(field.name) || chance(30) {
            if field.isLength || members.contains(where: { $0.0 == field.name }) { continue }
            // Beside its bits an integer is refused.
            let hasBits = field.name == "head" || place.contains { $0.name == "\(field.name)-part" }
            if hasBits, !chance(20) { continue }
            if field.name == "op" || chance(2) { continue }
            if field.decides, !chance(12) { continue }
            if ["payload", "id", "error", "answer"].contains(field.name) { isPlain = false }
            members.append((field.name, value(for: field, canRepeat)))
        }
        return members
    }

    /// A value for a field, of any kind that may go there; now and then of one that may not.
    private mutating func value(for field: Field, _ canRepeat: Bool) -> FuzzNode {
        let repeats = canRepeat ? !chance(3) : chance(20)
        switch field.form {
        case .number(let most), .bits(let most):
            if repeats, let other = fields.filter(\.isNumber).randomElement(using: &random) {
                return .text("$in.\(chance(3) ? field.name : other.name)")
            }
            switch random.below(6) {
            case 0: return "$id"
            case 1: return "$code"
            case 2: return "$now_ms"
            case 3 where parameters.contains { $0.name == "beat" }: return "$beat"
            default:
                if let word = field.words.first, chance(2) { return .text(word) }
                return .number(random.below(min(most, 100) + 1))
            }
        case .bytes(let count?):
            if repeats { return .text("$in.\(chance(2) ? field.name : oneOfBytes)") }
            return chance(2)
                ? ["hex": .text(String(repeating: "0a", count: count))] : .text(String(repeating: "x", count: count))
        case .bytes(nil), .text, .key: return content(canRepeat: canRepeat)
        }
    }

    /// A value for a run of bytes.
    private mutating func content(canRepeat: Bool) -> FuzzNode {
        switch random.below(canRepeat ? 12 : 8) {
        case 0: return "a text"
        case 1: return ["text": "$in.not"]
        case 2: return ["hex": "00 7f"]
        case 3:
            return [
                "json": [
                    "a": "$routes", "b": "$route_codes", "c": "$has_routes", "d": "$routes_digest", "e": [1, "x"],
                ]
            ]
        case 4: return .text(one(of: ["$id", "$code", "$now_ms"]))
        case 5: return ["join": .array((0...random.below(3)).map { _ in content(canRepeat: canRepeat) })]
        case 6 where parameters.contains { $0.name == "note" }: return "$note"
        case 7: return .number(random.below(1_000))
        case 8: return .text("$in.\(oneOfBytes)[\(random.below(3))]")
        default: return canRepeat ? .text("$in.\(chance(3) ? one(of: fields).name : oneOfBytes)") : "b"
        }
    }

    /// A field of bytes or of text, where there is one.
    private var oneOfBytes: String {
        mutating get { one(of: fields.filter { !$0.isNumber && !$0.isConditional } + fields.prefix(1)).name }
    }

    private mutating func states() -> FuzzNode {
        var new: [(String, FuzzNode)] = [("hello", one(of: [["reply pong", "goto open"], "goto open"]))]
        let named = fields.filter { !$0.isLength && $0.name != "op" }.map(\.name)
        if chance(3), !named.isEmpty {
            loginNames = named
            new = [("hello", one(of: [["login", "reply pong", "goto open"], ["login pong", "goto open"]]))]
        }
        if chance(2) { new.append(("else", .text(one(of: ["close", "ignore", "reply pong"])))) }
        var open: [(String, FuzzNode)] = [("request", chance(4) ? ["deliver", "reply pong"] : "deliver")]
        if kindNames.contains("notify") { open.append(("notify", "deliver")) }
        if kindNames.contains("heartbeat") {
            open.append(("heartbeat", .text(one(of: ["reply pong", "ignore", "goodbye"]))))
        }
        open.append(("hello", .text(one(of: ["reply pong", "close", "goto new"]))))
        if chance(3) { open.append(("else", "ignore")) }
        return chance(3) ? ["open": .object(open), "new": .object(new)] : ["new": .object(new), "open": .object(open)]
    }

    private mutating func timers(_ beats: Bool) -> FuzzNode {
        var members: [(String, FuzzNode)] = []
        if chance(2) { members.append(("idle", .text(one(of: ["60s", "2m", "500ms"])))) }
        if chance(3) { members.append(("handshake", "10s")) }
        if beats {
            let isChosen = parameters.contains { $0.name == "beat" }
            members.append(("every", .text(isChosen ? one(of: ["$beat", "2*$beat"]) : one(of: ["1s", "5s"]))))
            members.append(("send", "greet"))
        }
        return .object(members)
    }
}
