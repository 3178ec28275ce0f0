import GateTestKit

/// Lists of fields.
extension DescriptorMaker {
    static let integers = ["u8", "u16", "u24", "u32", "u64", "i8", "i16", "i32", "i64"]

    static func bytes(of type: String) -> Int {
        switch type.dropFirst() {
        case "8": 1
        case "16": 2
        case "24": 3
        case "32": 4
        default: 8
        }
    }

    /// `frame`, or `in` and `out`.
    mutating func layouts() -> [(String, FuzzNode)] {
        if body == .scut || chance(7) {
            let input = layout(isOut: false)
            let incoming = fields
            let (identifier, code) = (hasIdentifier, hasCode)
            fields = []
            if body == .scut || body == .sproto { body = .plain }
            let output = layout(isOut: true, needsIdentifier: identifier, needsCode: code)
            (outFields, fields) = (fields, incoming)
            (hasIdentifier, hasCode) = (identifier, code)
            return [("in", input), ("out", output)]
        }
        let frame = layout(isOut: false)
        outFields = fields
        return [("frame", frame)]
    }

    private mutating func layout(isOut: Bool, needsIdentifier: Bool = false, needsCode: Bool = false) -> FuzzNode {
        var list: [FuzzNode] = []
        isMoving = false
        let hasEnd = !chance(3) || body == .sproto || body == .scut
        if chance(6) { list.append(constant(isNamed: chance(2))) }
        if !chance(3), body != .scut { list.append(operation()) }
        if chance(4) { list.append(extra()) }
        if hasEnd { list.append(end(list.isEmpty)) }
        if body == .plain || body == .envelope {
            if isOut ? needsIdentifier : chance(2), body == .plain { list.append(identifier()) }
            if isOut ? needsCode : chance(4) { list.append(code()) }
            if !hasCode, chance(3) { list.append(route()) }
        }
        for _ in 0..<random.below(3) { list.append(extra()) }
        if body == .plain, !hasCode, !isOut, !fields.contains(where: { $0.name == "route" }), chance(9) {
            list += dictionary()
        }
        list += content(hasEnd)
        return .array(list)
    }

    /// The number that tells kinds apart.
    private mutating func operation() -> FuzzNode {
        let words = ["ask", "tell", "beat", "answer", "bad", "say", "leave", "hello"]
        var names: [(String, FuzzNode)] = words.enumerated().map { ($1, .number($0)) }
        if chance(4) { names[1].1 = [.number(9), .number(10)] }
        var field = Field(name: "op", form: .number(most: 255), words: words)
        field.decides = true
        if chance(4) {
            // In the bits of a byte.
            var bit: [(String, FuzzNode)] = [("at", .number(random.below(3))), ("width", 4), ("enum", .object(names))]
            if chance(4) { bit.append(("unknown", .text(one(of: ["keep", "close"])))) }
            var flag: [(String, FuzzNode)] = [("at", 7)]
            if chance(4) { flag.append(("unsupported", .text(one(of: ["encryption", "compression"])))) }
            field.form = .bits(most: 15)
            fields.append(Field(name: "head", form: .number(most: 255)))
            fields.append(field)
            fields.append(Field(name: "flag", form: .bits(most: 1)))
            return .object([
                ("name", "head"), ("type", .text(one(of: ["u8", "u16", "u32", "u64"]))),
                ("bits", .object([("op", .object(bit)), ("flag", .object(flag))])),
            ])
        }
        var members: [(String, FuzzNode)] = [
            ("name", "op"), ("type", .text(one(of: ["u8", "u8", "u16", "varint", "i8", "u64"]))),
            ("enum", .object(names)),
        ]
        if chance(4) { members.append(("unknown", .text(one(of: ["keep", "close"])))) }
        fields.append(field)
        return .object(members)
    }

    /// What says how far a frame goes.
    private mutating func end(_ isFirst: Bool) -> FuzzNode {
        var members: [(String, FuzzNode)] = [("name", "size")]
        let counts = one(of: ["after", "after", "frame"])
        switch random.below(8) {
        case 0:
            isMoving = true
            members += [("type", "dec"), ("end", chance(3) ? ["hex": "c0"] : .text(one(of: [":", "|", "\r\n"])))]
            if chance(2) { members.append(("digits", .number(2 + random.below(6)))) }
            if chance(3), counts == "after" { members.append(("unit", .text(one(of: ["bytes", "utf16"])))) }
        case 1:
            isMoving = true
            members.append(("type", "varint"))
            if chance(2) { members.append(("bytes", .number(1 + random.below(9)))) }
        default:
            let type = one(of: Self.integers)
            members.append(("type", .text(chance(6) && parameters.contains { $0.name == "length" } ? "$length" : type)))
            if type.hasPrefix("u"), chance(5) {
                let wide = ["u8", "u16", "u24", "u32"].filter { Self.bytes(of: $0) >= Self.bytes(of: type) }
                if !wide.isEmpty { members.append(("escape", .text(one(of: wide)))) }
            }
            if chance(4) { members.append(("order", .text(one(of: ["be", "le"])))) }
        }
        members.append(("counts", .text(counts)))
        if chance(4) { members.append(("plus", .number(one(of: [1, -1, 4, 2])))) }
        if chance(8) { members.append(("max", .number(one(of: [100, 127])))) }
        if chance(12) { members.append(("min", .number(one(of: [1, 60])))) }
        return .object(members)
    }

    private mutating func identifier() -> FuzzNode {
        hasIdentifier = true
        var field = Field(name: "id", form: .number(most: 255))
        let type = one(of: ["u8", "u16", "u32", "u64", "i32", "varint", "dec"])
        if type == "u64" { field.form = .number(most: .max) }
        fields.append(field)
        return .object([("name", "id"), ("type", .text(type))] + (type == "dec" ? [("end", " ")] : []))
    }

    private mutating func code() -> FuzzNode {
        hasCode = true
        fields.append(Field(name: "code", form: .number(most: 255)))
        return .object([("name", "code"), ("type", .text(one(of: ["u8", "u16", "u32", "u64", "varint"])))])
    }

    private mutating func route() -> FuzzNode {
        fields.append(Field(name: "route", form: .text))
        return run("route", type: one(of: ["str", "str", "bytes"]))
    }

    /// A code where a name has one, else the name.
    private mutating func dictionary() -> [FuzzNode] {
        (isDictionary, hasCode) = (true, true)
        fields += [
            Field(name: "coded", form: .number(most: 1), decides: true), Field(name: "code", form: .number(most: 255)),
            Field(name: "route", form: .text),
        ]
        return [
            ["name": "coded", "type": "u8", "enum": ["no": 0, "yes": 1]],
            ["name": "code", "type": "u16", "when": ["coded": "yes"]],
            ["name": "route", "type": "str", "len": "u8", "when": ["coded": "no"]],
        ]
    }

    private mutating func constant(isNamed: Bool = false) -> FuzzNode {
        var members: [(String, FuzzNode)] = isNamed ? [("name", "magic")] : []
        members.append(("type", "const"))
        members.append(chance(2) ? ("hex", "47 48") : ("text", .text(one(of: ["GH", "é", "\u{0}"]))))
        return .object(members)
    }

    /// A run of bytes with a length that is anything but the rest.
    mutating func run(_ name: String, type: String) -> FuzzNode {
        var members: [(String, FuzzNode)] = [("name", .text(name)), ("type", .text(type))]
        if chance(4) {
            members.append(("until", chance(3) ? ["hex": "c0 c1"] : .text(one(of: ["\r\n", "\u{0}", " ", ";"]))))
        } else {
            members.append(
                ("len", .text(one(of: ["u8", "u8", "u16", "u24", "u32", "i16", "u64", "i8", "i32", "i64"]))))
            if chance(4) { members.append(("order", .text(one(of: ["be", "le"])))) }
        }
        if chance(6) { members.append(("max", .number(one(of: [4, 40, 200])))) }
        if chance(10) { members.append(("min", .number(one(of: [1, 3])))) }
        return .object(members)
    }

    /// A field without a meaning.
    mutating func extra() -> FuzzNode {
        let name = one(of: ["unit", "vin", "tag", "flags", "text", "tick", "room"])
        guard !fields.contains(where: { $0.name == name }) else { return constant() }
        var field = Field(name: name, form: .number(most: 255))
        var members: [(String, FuzzNode)] = [("name", .text(name))]
        let deciding = fields.first { $0.name == "op" && !$0.words.isEmpty }
        if let deciding, chance(4) {
            field.isConditional = true
            let words = deciding.words.prefix(1 + random.below(3)).map { FuzzNode.text($0) }
            members.append(("when", .object([("op", chance(3) ? .number(0) : .array(Array(words)))])))
        }
        switch random.below(9) {
        case 0:
            let type = one(of: Self.integers)
            members.append(("type", .text(type)))
            if chance(3) { members.append(("order", .text(one(of: ["be", "le"])))) }
            if chance(3) { members.append(("max", .number(one(of: [1, 9, 100])))) }
            if chance(8) { members.append(("min", .number(1))) }
            field.form = .number(most: type.hasSuffix("64") ? .max : 100)
        case 1:
            members += [("type", .text(one(of: Self.integers))), ("is", .number(one(of: [0, 1, 42])))]
            if chance(4) { members.append(("unsupported", .text(one(of: ["version", "encryption", "compression"])))) }
        case 2:
            members += [("type", "varint")]
            if chance(2) { members.append(("bytes", .number(1 + random.below(9)))) }
            field.form = .number(most: 100)
        case 3:
            members += [("type", "dec"), ("end", .text(one(of: [" ", ",", "\n"])))]
            if chance(2) { members.append(("digits", .number(1 + random.below(18)))) }
        case 4:
            let count = one(of: [1, 2, 4, 6, 17])
            members += [("type", .text(one(of: ["bytes", "str"]))), ("len", .number(count))]
            field.form = .bytes(count: count)
        case 5:
            let width = one(of: [1, 3, 7, 8, 30, 56, 63, 64])
            let part = Field(name: "\(name)-part", form: .bits(most: width >= 7 ? 100 : 1))
            members += [
                ("type", .text(width > 8 ? "u64" : one(of: ["u8", "u16", "u32", "u64"]))),
                ("bits", .object([("\(name)-part", ["at": 0, "width": .number(width)])])),
            ]
            fields.append(part)
        case 6:
            guard case .object(let made) = run(name, type: "bytes") else { return constant() }
            members += made.dropFirst()
            if chance(3) {
                members.append(("unsupported", .text(one(of: ["encryption", "compression"]))))
                if !made.contains(where: { $0.0 == "until" }), chance(2) {
                    members.append(("holding", chance(2) ? ["hex": "ff00"] : "gz:"))
                }
            }
            field.form = .bytes(count: nil)
        case 7:
            guard case .object(let made) = run(name, type: "str") else { return constant() }
            members += made.dropFirst()
            field.form = .text
        default:
            // A length of its own, further left.
            guard !field.isConditional, let length = named("\(name)-size") else { return constant() }
            field.form = .bytes(count: nil)
            fields.append(field)
            return [
                "type": "group",
                "fields": [
                    ["name": .text(length), "type": .text(one(of: ["u8", "u16", "i32", "u64"]))],
                    ["name": .text(name), "type": "bytes", "len": .text(length)],
                ],
            ]
        }
        fields.append(field)
        if !field.isConditional, chance(8) {
            return ["type": "group", "fields": [.object(members)]]
        }
        return .object(members)
    }

    private mutating func named(_ name: String) -> String? {
        guard !fields.contains(where: { $0.name == name }) else { return nil }
        fields.append(Field(name: name, form: .number(most: 255), isLength: true))
        return name
    }

    /// The payload, and what is behind it.
    private mutating func content(_ hasEnd: Bool) -> [FuzzNode] {
        let length: (String, FuzzNode) = hasEnd ? ("len", "rest") : ("len", .text(one(of: ["u8", "u16", "u32"])))
        switch body {
        case .json:
            let names = keyNames(["route", "id", "payload", "result", "error", "code", "room"])
            for name in names where !fields.contains(where: { $0.name == name }) {
                fields.append(Field(name: name, form: .key))
            }
            let keys = names.map { ($0, FuzzNode.text($0 == "route" ? "r" : "a \($0)")) }
            return [.object([("name", "body"), ("type", "json"), length, ("json", .object(keys))])]
        case .single:
            hasKeys = true
            fields += [Field(name: "route", form: .key), Field(name: "payload", form: .key)]
            return [.object([("name", "body"), ("type", "json"), length, ("json", "single")])]
        case .pairs:
            let names = keyNames(["id", "route", "answer", "error", "code", "room"])
            for name in names where !fields.contains(where: { $0.name == name }) {
                fields.append(Field(name: name, form: .key))
            }
            fields.append(Field(name: "payload", form: .key))
            var members: [(String, FuzzNode)] = [
                ("name", "box"), ("type", "kv"), ("key", .text(one(of: ["u8", "u16", "u24", "u32"]))),
                ("value", .text(one(of: ["u8", "u16", "u24", "u32"]))),
                ("keys", .object(names.map { ($0, .text("_\($0)")) })),
            ]
            if chance(2) { members.append(("key_max", .number(one(of: [7, 40, 255])))) }
            return [.object(members)]
        case .sproto:
            fields += ["code", "id", "payload"].map { Field(name: $0, form: .key) }
            (hasCode, hasIdentifier, hasKeys) = (true, true, true)
            return [.object([("name", "body"), ("type", "native"), ("codec", "sproto-rpc"), length])]
        case .scut:
            fields += ["code", "id", "payload"].map { Field(name: $0, form: .key) }
            (hasCode, hasIdentifier, hasKeys) = (true, true, true)
            let key: FuzzNode = chance(3) ? ["hex": "ff"] : "k"
            return [.object([("name", "form"), ("type", "native"), ("codec", "scut-form"), ("key", key), length])]
        case .plain, .envelope: return payload(hasEnd)
        }
    }

    /// Keys of a body: what is needed, and now and then the others; none that a field is called by.
    private mutating func keyNames(_ all: [String]) -> [String] {
        hasKeys = true
        return all.filter { name in
            let isNeeded = !["code", "room"].contains(name) || chance(name == "code" ? 3 : 12)
            return isNeeded && !fields.contains { $0.name == name }
        }
    }

    private mutating func payload(_ hasEnd: Bool) -> [FuzzNode] {
        var list: [FuzzNode] = []
        if chance(8), body == .plain {
            fields.append(Field(name: "error", form: .text))
            list.append(["name": "error", "type": "str", "len": "u8"])
        }
        let type = one(of: ["bytes", "bytes", "str"])
        fields.append(Field(name: "payload", form: type == "str" ? .text : .bytes(count: nil)))
        var members: [(String, FuzzNode)]
        if hasEnd {
            members = [("name", "payload"), ("type", .text(type)), ("len", "rest")]
        } else {
            guard case .object(let made) = run("payload", type: type) else { return list }
            members = made
        }
        if chance(8) { members.append(("empty", chance(3) ? ["hex": "00ff"] : "{}")) }
        if chance(8) {
            members.append(("json", "payload"))
            if type == "bytes", chance(2) { members.append(("values", .text(one(of: ["any", "object"])))) }
        }
        let content = FuzzNode.object(members)
        if hasEnd, body == .plain, chance(6) {
            list.append(packed([content]))
            return list
        }
        list.append(content)
        if chance(5) { list.append(constant()) }
        if chance(4), !isMoving { list.append(check()) }
        return list
    }

    /// Fields that may be compressed.
    private mutating func packed(_ inner: [FuzzNode]) -> FuzzNode {
        let method = one(of: ["zlib", "gzip", "raw"])
        var inflate: [(String, FuzzNode)] = [("method", .text(method))]
        if let flag = fields.first(where: { $0.isNumber && $0.words.isEmpty && !$0.isLength }), chance(2) {
            inflate.append(("when", .object([(flag.name, FuzzNode.number(1))])))
            if let place = fields.firstIndex(where: { $0.name == flag.name }) { fields[place].decides = true }
        } else {
            inflate.append(("sniff", .text(one(of: ["1f8b08", "789c", "78"]))))
        }
        var members: [(String, FuzzNode)] = [("type", "group"), ("inflate", .object(inflate))]
        if chance(2) {
            isMoving = true
            members.append(("deflate", ["method": .text(method), "over": .number(one(of: [0, 10, 100] as [Int]))]))
        }
        members.append(("fields", .array(inner)))
        return .object(members)
    }

    private mutating func check() -> FuzzNode {
        let alg = one(of: ["sum8", "crc16-ccitt", "crc32", "adler32", "md5"])
        var members: [(String, FuzzNode)] = [("name", "sum"), ("type", "check"), ("alg", .text(alg))]
        if chance(2) { members.append(("over", .text(chance(2) ? "payload" : one(of: fields).name))) }
        if chance(3) { members.append(("order", .text(one(of: ["be", "le"])))) }
        if alg == "md5", chance(2) { members.append(("key", chance(2) ? "secret" : ["hex": "00ff"])) }
        return .object(members)
    }
}
