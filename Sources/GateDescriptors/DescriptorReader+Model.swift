import GateBytes
import GateJSON

extension DescriptorReader {
    /// The keys of a descriptor.
    static let keys = [
        "$schema", "protocol", "summary", "parameters", "order", "limits", "frame", "in", "out", "empty_frame", "kinds",
        "replies", "states", "on_open", "timers", "routes", "fault", "errors", "login", "envelope", "vectors",
    ]

    private static let actionWords = [
        "deliver", "ignore", "close", "goodbye", "reply NAME", "goto STATE", "login", "login REPLY",
    ]

    /// Reads all that the bytes depend on. Problems are reported; what they hit is left out of the model.
    mutating func model(_ root: JSONNode) -> DescriptorModel {
        let rootPlace = place(root, "$")
        var model = DescriptorModel(
            framePlace: rootPlace, frameBytesPlace: rootPlace, kindsPlace: rootPlace, errorsPlace: rootPlace,
            envelopePlace: rootPlace)
        let isLittleEndian = root["order"].flatMap { node in order(node, "$.order") } ?? false
        if let limits = root["limits"] {
            readLimits(limits, into: &model)
            if ignoresLimits {
                model.frameBytesMax = nil
                model.payloadBytesMax = nil
            }
        }
        if let policy = root["empty_frame"] {
            model.emptyFrame = word(policy, "$.empty_frame") ?? .deliver
        }
        if let timers = root["timers"] { readTimers(timers, into: &model.timers) }
        readFrames(root, isLittleEndian, into: &model)
        if let most = model.payloadBytesMax {
            for index in model.fields.indices where model.fields[index].counts != .none {
                let reachable = model.fields[index].largestAllowed
                if most < reachable { model.fields[index].maximum = most }
            }
        }
        if let routes = root["routes"] { readRoutes(routes, into: &model.routes) }
        if let fault = root["fault"] { model.fault = readFault(fault) }
        if let errors = root["errors"] {
            model.errorsPlace = place(errors, "$.errors")
            model.errors = self.errors(errors)
        }
        if let login = root["login"] { model.login = self.login(login) }
        if let envelope = root["envelope"] { readEnvelope(envelope, into: &model) }
        if let replies = root["replies"] {
            for member in members(of: replies, "$.replies") {
                guard isWord(member.key) else { continue }
                model.replies.append(readKind(.other, member.key, member.value, "$.replies.\(member.key)"))
            }
        }
        if let states = root["states"] { readStates(states, into: &model) }
        if let opening = root["on_open"] { model.opening = actions(opening, "$.on_open") }
        for key in ["kinds", "replies", "states"] {
            guard let node = root[key], case .object = node.kind else { continue }
            let count = members(of: node, "$.\(key)").count
            guard count > DescriptorLimits.kindsMax else { continue }
            report(.tooMany(count, limit: DescriptorLimits.kindsMax, of: "entries"), at: place(node, "$.\(key)"))
            return model
        }
        if let kinds = root["kinds"] {
            model.kindsPlace = place(kinds, "$.kinds")
            model.kinds = readKinds(kinds, named: model.states.flatMap { $0.actions.map(\.kind) })
        }
        return model
    }

    private mutating func readFrames(_ root: JSONNode, _ isLittleEndian: Bool, into model: inout DescriptorModel) {
        if let frame = root["frame"] {
            model.framePlace = place(frame, "$.frame")
            model.fields = fields(frame, "$.frame", isLittleEndian: isLittleEndian)
            for key in ["in", "out"] {
                if let node = root[key] { report(.duplicateName(key), at: place(node, "$.\(key)")) }
            }
            return
        }
        guard let input = root["in"] else {
            report(.missingKey("frame"), at: place(root, "$"))
            return
        }
        model.framePlace = place(input, "$.in")
        model.fields = fields(input, "$.in", isLittleEndian: isLittleEndian)
        guard let output = root["out"] else {
            report(.missingKey("out"), at: place(root, "$"))
            return
        }
        model.outFields = fields(output, "$.out", isLittleEndian: isLittleEndian)
    }

    private mutating func readTimers(_ node: JSONNode, into timers: inout TimersModel) {
        for member in members(of: node, "$.timers", valid: ["idle", "handshake", "every", "send"]) {
            let path = "$.timers.\(member.key)"
            switch member.key {
            case "idle": timers.idle = span(member.value, path) ?? .zero
            case "handshake": timers.handshake = span(member.value, path) ?? .zero
            case "every": timers.every = span(member.value, path) ?? .zero
            case "send":
                guard let name = literal(member.value, path) else { continue }
                timers.send = ActionModel(form: .reply(name), place: place(member.value, path))
            default: break
            }
        }
        let every = node["every"], send = node["send"]
        if every != nil && send == nil { report(.missingKey("send"), at: place(node, "$.timers")) }
        if every == nil && send != nil { report(.missingKey("every"), at: place(node, "$.timers")) }
        if timers.every == .zero { timers.send = nil }
    }

    mutating func readRoutes(_ node: JSONNode, into routes: inout RoutesModel) {
        routes.isDeclared = true
        for member in members(of: node, "$.routes", valid: ["by", "split", "numbers"]) {
            let path = "$.routes.\(member.key)"
            if member.key == "by" {
                routes.form = word(member.value, path) ?? .name
            } else if member.key == "numbers" {
                let numbers: DictionaryNumbers? = word(member.value, path)
                routes.hasNoNumbers = numbers == .off
            } else if member.key == "split", let text = literal(member.value, path) {
                if text.utf8.count == 1 {
                    routes.split = text.utf8.first
                } else {
                    report(.badText(text, expected: "one ASCII character"), at: place(member.value, path))
                }
            }
        }
        settleNumbers(&routes, node)
    }

    /// Names that get no number are names and nothing else; only those of a dictionary have a choice.
    private mutating func settleNumbers(_ routes: inout RoutesModel, _ node: JSONNode) {
        guard let numbers = node["numbers"] else { return }
        guard case .dictionary = routes.form else {
            return report(.missingKey("by: \"dictionary\""), at: place(numbers, "$.routes.numbers"))
        }
        guard routes.hasNoNumbers else { return }
        routes.form = .name
        hidesDictionary = true
    }

    /// A JSON value with `$fault` in place of one string.
    private mutating func readFault(_ node: JSONNode) -> FaultModel? {
        var text: [UInt8] = []
        render(node, "$.fault", into: &text)
        let mark = Array(#""$fault""#.utf8)
        var place = 0
        while place + mark.count <= text.count, Array(text[place..<place + mark.count]) != mark { place += 1 }
        guard place + mark.count <= text.count else {
            report(.missingKey("$fault"), at: self.place(node, "$.fault"))
            return nil
        }
        return FaultModel(before: Array(text[..<place]), after: Array(text[(place + mark.count)...]))
    }

    private mutating func readStates(_ node: JSONNode, into model: inout DescriptorModel) {
        for member in members(of: node, "$.states") {
            let path = "$.states.\(isWord(member.key) ? member.key : "?")"
            var state = StateModel(
                name: member.key, place: DescriptorPlace(path: path, position: member.keyPosition))
            for entry in members(of: member.value, path) {
                let path = "\(path).\(isWord(entry.key) ? entry.key : "?")"
                let actions = actions(entry.value, path)
                if entry.key == "else" {
                    state.otherwise = actions
                } else {
                    state.actions.append(
                        (entry.key, actions, DescriptorPlace(path: path, position: entry.keyPosition)))
                }
            }
            model.states.append(state)
        }
    }

    /// One action or an array of them: `deliver`, `ignore`, `close`, `goodbye`, `reply NAME`, `goto STATE`, `login REPLY`.
    private mutating func actions(_ node: JSONNode, _ path: String) -> [ActionModel] {
        var nodes = [(node, path)]
        if case .array = node.kind {
            nodes = elements(of: node, path).enumerated().map { ($1, "\(path)[\($0)]") }
        }
        var actions: [ActionModel] = []
        for (node, path) in nodes {
            guard let text = literal(node, path) else { continue }
            let words = text.split(separator: " ").map(String.init)
            let form: ActionModel.Form? =
                switch (words.first, words.count) {
                case ("deliver", 1): .deliver
                case ("ignore", 1): .ignore
                case ("close", 1): .close
                case ("goodbye", 1): .goodbye
                case ("reply", 2): .reply(words[1])
                case ("goto", 2): .state(words[1])
                case ("login", 1): .login(nil)
                case ("login", 2): .login(words[1])
                default: nil
                }
            if let form {
                actions.append(ActionModel(form: form, place: place(node, path)))
            } else {
                report(
                    .unknownValue(text, valid: Self.actionWords),
                    at: place(node, path))
            }
        }
        return actions
    }

    private mutating func readLimits(_ node: JSONNode, into model: inout DescriptorModel) {
        for member in members(of: node, "$.limits", valid: ["max_frame", "max_payload", "max_inflated"]) {
            let path = "$.limits.\(member.key)"
            if member.key == "max_inflated" {
                let bytes = number(member.value, path, in: 1...DescriptorLimits.inflatedBytesCeiling)
                model.inflatedBytesMax = bytes ?? model.inflatedBytesMax
                continue
            }
            let bytes = number(member.value, path, in: 1...DescriptorLimits.frameBytesCeiling)
            if member.key == "max_frame" {
                model.frameBytesPlace = place(member.value, path)
                model.frameBytesMax = bytes
            } else if member.key == "max_payload" {
                model.payloadBytesMax = bytes
            }
        }
    }

    /// Whether the word says least significant byte first.
    mutating func order(_ node: JSONNode, _ path: String) -> Bool? {
        let order: ByteOrder? = word(node, path)
        return order.map { $0 == .le }
    }

    /// A time such as `500ms`, `60s`, `2m` or `2*60s`; `$name` with a number stands for seconds, 0 for never.
    private mutating func span(_ node: JSONNode, _ path: String) -> TimeSpan? {
        guard let whole = literal(node, path) else { return nil }
        var rest = whole[...]
        var factor = 1
        if let star = rest.firstIndex(of: "*"), let count = Int(rest[..<star]), (1...100).contains(count) {
            factor = count
            rest = rest[rest.index(after: star)...]
        }
        if rest.first == "$" {
            let name = String(rest.dropFirst())
            guard let value = parameters[name] else {
                report(.unknownValue(whole, valid: parameters.keys.sorted().map { "$" + $0 }), at: place(node, path))
                return nil
            }
            if numericParameters.contains(name) && value == "0" { return .zero }
            rest = (numericParameters.contains(name) ? value + "s" : value)[...]
        }
        let digits = rest.prefix { $0.isASCII && $0.isNumber }
        let milliseconds: Int? =
            switch rest.dropFirst(digits.count) {
            case "ms": 1
            case "s": 1000
            case "m": 60_000
            default: nil
            }
        guard let milliseconds, let count = Int(digits), (1...86_400_000 / milliseconds).contains(count) else {
            report(.badText(whole, expected: "a time up to a day, such as 500ms, 60s or 2m"), at: place(node, path))
            return nil
        }
        return .milliseconds(factor * count * milliseconds)
    }

    private mutating func readKinds(_ node: JSONNode, named: [String]) -> [KindModel] {
        let known = DescriptorKind.named.map(\.name)
        var kinds: [KindModel] = []
        for member in members(of: node, "$.kinds", valid: known + named) {
            guard known.contains(member.key) || named.contains(member.key), isWord(member.key) else { continue }
            let kind = DescriptorKind(name: member.key) ?? .other
            kinds.append(readKind(kind, member.key, member.value, "$.kinds.\(member.key)"))
        }
        return kinds
    }

    private mutating func readKind(
        _ kind: DescriptorKind, _ name: String, _ node: JSONNode, _ path: String
    ) -> KindModel {
        var model = KindModel(kind: kind, name: name, place: place(node, path))
        for member in members(of: node, path) {
            let path = "\(path).\(isWord(member.key) ? member.key : "?")"
            switch member.key {
            case "has": model.has = names(member.value, path)
            case "absent": model.absent = names(member.value, path)
            default:
                let place = DescriptorPlace(path: path, position: member.keyPosition)
                if let value = value(member.value, path) { model.values.append((member.key, value, place)) }
            }
        }
        return model
    }

    /// A value of a kind or a reply.
    private mutating func value(_ node: JSONNode, _ path: String) -> KindModel.Value? {
        switch node.kind {
        case .number: return number(node, path, in: 0 ... .max).map { .number($0) }
        case .object:
            for member in members(of: node, path, valid: ["json", "hex", "text", "join", "fault_code"]) {
                switch member.key {
                case "fault_code": return faultCode(member.value, "\(path).fault_code")
                case "join":
                    var values: [KindModel.Value] = []
                    for (index, element) in elements(of: member.value, "\(path).join").enumerated() {
                        if let value = value(element, "\(path).join[\(index)]") { values.append(value) }
                    }
                    return .joined(values)
                case "json":
                    var text: [UInt8] = []
                    render(member.value, "\(path).json", into: &text)
                    return .bytes(text)
                case "hex": return hex(member.value, "\(path).hex").map { .bytes($0) }
                case "text": return literal(member.value, "\(path).text").map { .bytes(Array($0.utf8)) }
                default: break
                }
            }
            return nil
        default:
            guard let plain = literal(node, path) else { return nil }
            if plain == "$id" { return .identifier }
            if plain == "$code" { return .code }
            if plain == "$now_ms" { return .nowMilliseconds }
            if plain.hasPrefix("$in.") {
                let name = plain.dropFirst(4)
                guard name.last == "]", let bracket = name.firstIndex(of: "[") else { return .copied(String(name)) }
                let digits = name[name.index(after: bracket)...].dropLast()
                guard let index = Int(digits), (0...255).contains(index) else {
                    report(.badText(plain, expected: "$in.NAME or $in.NAME[0]"), at: place(node, path))
                    return nil
                }
                return .element(String(name[..<bracket]), index)
            }
            if plain.first == "$", numericParameters.contains(String(plain.dropFirst())) {
                return number(node, path, in: 0 ... .max).map { .number($0) }
            }
            return text(node, path).map { .text($0) }
        }
    }

    /// What is written where a handler gave no code: a number or a text.
    private mutating func faultCode(_ node: JSONNode, _ path: String) -> KindModel.Value? {
        if case .string = node.kind, let word = literal(node, path) {
            let isNumber = word.first == "$" && numericParameters.contains(String(word.dropFirst()))
            guard isNumber else { return text(node, path).map { .faultCode(FaultCodeModel($0)) } }
        }
        return number(node, path, in: 0...Int(Int32.max)).map { .faultCode(FaultCodeModel($0)) }
    }

    /// Writes a JSON value; `"$name"` in it stands for a parameter, `"$routes"` for names and their codes, `"$route_codes"`
    /// for codes and their names, `"$has_routes"` for whether there are any, `"$routes_digest"` for what tells two such
    /// tables apart. Members with the tables are left out where names get no numbers.
    private mutating func render(_ node: JSONNode, _ path: String, into text: inout [UInt8]) {
        switch node.kind {
        case .object:
            text.append(UInt8(ascii: "{"))
            let shown = members(of: node, path).filter { !isHidden($0.value) }
            for (index, member) in shown.enumerated() {
                if index > 0 { text.append(UInt8(ascii: ",")) }
                JSONWriter.appendString(member.key, to: &text)
                text.append(UInt8(ascii: ":"))
                render(member.value, "\(path).\(isWord(member.key) ? member.key : "?")", into: &text)
            }
            text.append(UInt8(ascii: "}"))
        case .array:
            text.append(UInt8(ascii: "["))
            for (index, element) in elements(of: node, path).enumerated() {
                if index > 0 { text.append(UInt8(ascii: ",")) }
                render(element, "\(path)[\(index)]", into: &text)
            }
            text.append(UInt8(ascii: "]"))
        case .string:
            guard let plain = literal(node, path) else { return }
            if plain == "$routes" || plain == "$route_codes" {
                renderDictionary(byName: plain == "$routes", into: &text)
            } else if plain == "$has_routes" {
                text.append(contentsOf: (dictionary.isEmpty ? "false" : "true").utf8)
            } else if plain == "$routes_digest" {
                var table: [UInt8] = []
                renderDictionary(byName: true, into: &table)
                let digest = MD5.digest(table.span)
                text.append(UInt8(ascii: "\""))
                JSONWriter.appendBase64(digest.span, to: &text)
                text.append(UInt8(ascii: "\""))
            } else if plain != "$fault", plain.first == "$" {
                guard let value = self.text(node, path) else { return }
                if numericParameters.contains(String(plain.dropFirst())) {
                    text.append(contentsOf: value.utf8)
                } else {
                    JSONWriter.appendString(value, to: &text)
                }
            } else {
                JSONWriter.appendString(plain, to: &text)
            }
        default: node.value.write(into: &text)
        }
    }

    /// Whether a member of an object says something of numbers that the listener's names do not have.
    private func isHidden(_ node: JSONNode) -> Bool {
        guard hidesDictionary, case .string = node.kind, let text = try? node.string() else { return false }
        return ["$routes", "$route_codes", "$routes_digest"].contains(text)
    }

    private func renderDictionary(byName: Bool, into text: inout [UInt8]) {
        text.append(UInt8(ascii: "{"))
        for (index, entry) in dictionary.enumerated() {
            if index > 0 { text.append(UInt8(ascii: ",")) }
            if byName {
                JSONWriter.appendString(entry.name.span, to: &text)
                text.append(contentsOf: ":\(entry.code)".utf8)
            } else {
                text.append(contentsOf: "\"\(entry.code)\":".utf8)
                JSONWriter.appendString(entry.name.span, to: &text)
            }
        }
        text.append(UInt8(ascii: "}"))
    }

    /// One name or an array of them.
    private mutating func names(_ node: JSONNode, _ path: String) -> [String] {
        if case .string = node.kind { return literal(node, path).map { [$0] } ?? [] }
        var names: [String] = []
        for (index, element) in elements(of: node, path).enumerated() {
            guard let name = literal(element, "\(path)[\(index)]") else { continue }
            if names.contains(name) {
                report(.duplicateName(name), at: place(element, "\(path)[\(index)]"))
            } else {
                names.append(name)
            }
        }
        return names
    }
}

/// Order of the bytes of an integer.
enum ByteOrder: String, CaseIterable {
    case be, le
}
