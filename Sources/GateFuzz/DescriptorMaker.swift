import GateTestKit

/// Makes descriptor files that know every key and every kind of value of the language, and load about half of the time.
///
/// The same seed makes the same file. A test holds all that it writes against `protocols/schema.json`: a new word there has
/// to be made here too.
///
/// ```swift
/// var maker = DescriptorMaker(seed: 7)
/// let text = maker.file()
/// ```
public struct DescriptorMaker {
    /// A field that others may speak of.
    struct Field {
        enum Form { case number(most: Int), bits(most: Int), bytes(count: Int?), text, key }

        var name: String
        var form: Form
        /// Names of its `enum`.
        var words: [String] = []
        /// Whether it has a `when`, or others ask for it in one.
        var isConditional = false
        var decides = false
        var isLength = false

        var isNumber: Bool {
            switch form {
            case .number, .bits: true
            case .bytes, .text, .key: false
            }
        }
    }

    /// How what a client calls, and what it is answered, stands in a frame.
    enum Body: CaseIterable { case plain, json, single, pairs, sproto, scut, envelope }

    var random: SeededGenerator
    var body = Body.plain
    /// What clients send.
    var fields: [Field] = []
    /// What is written; the same where both directions have one layout.
    var outFields: [Field] = []
    var hasIdentifier = false
    /// Whether a body has keys, so that only kinds tell what is in it.
    var hasKeys = false
    /// Whether a length or compression moves what a check would cover.
    var isMoving = false
    var hasCode = false
    /// Whether codes and names are alternatives.
    var isDictionary = false
    /// By name: what parameters stand for.
    var parameters: [(name: String, value: FuzzNode)] = []
    var kindNames: [String] = []
    var replyNames: [String] = []
    /// Replies that are sent though nobody asked.
    var unasked: Set<String> = []
    /// Whether clients say who they are, and in which fields.
    var loginNames: [String] = []
    /// Whether answers are written as they come: nothing of the file was spoiled, stretched, or said in place of an id or a
    /// payload.
    public internal(set) var isPlain = true

    /// A maker of one file.
    public init(seed: UInt64) {
        random = SeededGenerator(seed: seed)
    }

    /// The text of a file.
    public mutating func file() -> [UInt8] {
        var root = self.root()
        // Some have numbers at the edges of what there is, some are spoiled in one to three places.
        if chance(8) { for _ in 0...random.below(2) { stretch(&root) } }
        if chance(16) { for _ in 0...random.below(3) { spoil(&root) } }
        var text: [UInt8] = []
        root.write(into: &text)
        return text
    }

    /// Whether one of `count` comes up.
    mutating func chance(_ count: Int) -> Bool { random.below(count) == 0 }

    mutating func one<Element>(of elements: [Element]) -> Element { elements[random.below(elements.count)] }

    private mutating func root() -> FuzzNode {
        body = chance(2) ? .plain : one(of: Body.allCases)
        var members: [(String, FuzzNode)] = []
        if chance(6) { members.append(("$schema", "schema.json")) }
        if chance(6) { members.append(("protocol", "fuzzed")) }
        if chance(4) { members.append(("summary", "made by a fuzzer")) }
        if chance(3) { parameters = makeParameters() }
        if !parameters.isEmpty { members.append(("parameters", .object(parameters))) }
        if chance(3) { members.append(("order", chance(3) && has("order") ? "$order" : one(of: ["be", "le"]))) }
        if chance(4) { members.append(("limits", limits())) }
        if chance(4) {
            members.append(("empty_frame", one(of: ["deliver", "ignore", "close", "heartbeat"])))
        }
        members += layouts()
        if let routes = routes() { members.append(("routes", routes)) }
        members += meanings()
        if chance(5) {
            members.append(
                (
                    "fault",
                    one(of: [
                        ["Error": "$fault"], ["code": 1, "msg": ["$fault"]], "$fault",
                        ["code": ["fault_code": 500], "msg": "$fault"], ["$fault", ["fault_code": "UNKNOWN"]],
                    ])
                ))
        }
        if chance(5) {
            let named = hasCode && !hasIdentifier ? "frame:9" : one(of: ["frame:a.b", "json", "json", "close"])
            members.append(("errors", .text(one(of: ["json", "nothing", "close", named]))))
        }
        if !loginNames.isEmpty {
            let keys = ["user", "password", "client_id"].prefix(1 + random.below(3))
            members.append(("login", .object(keys.map { ($0, .text(one(of: loginNames))) })))
        }
        if body == .envelope { members.append(("envelope", envelope())) }
        if chance(3) { members.append(("vectors", .array((0...random.below(2)).map { _ in vector() }))) }
        return .object(members)
    }

    private func has(_ parameter: String) -> Bool { parameters.contains { $0.name == parameter } }

    private mutating func makeParameters() -> [(name: String, value: FuzzNode)] {
        var all: [(name: String, value: FuzzNode)] = []
        if chance(2) { all.append(("order", ["be", "le"])) }
        if chance(2) {
            all.append(("length", .array(["u8", "u16", "u32"].prefix(1 + random.below(3)).map { .text($0) })))
        }
        if chance(2) {
            all.append(("beat", ["default": 5, "min": .number(random.below(3)), "max": .number(5 + random.below(90))]))
        }
        if chance(3) { all.append(("note", ["default": "a text"])) }
        if chance(4) { all.append(("port", ["default": 7, "max": 65535, "listener": "port"])) }
        if chance(4) { all.append(("host", ["default": "127.0.0.1", "listener": "host"])) }
        return all
    }

    private mutating func limits() -> FuzzNode {
        var members: [(String, FuzzNode)] = []
        if chance(2) { members.append(("max_frame", .number(one(of: [60, 200, 250, 4_000])))) }
        if chance(4) { members.append(("max_payload", .number(one(of: [40, 100, 200])))) }
        if chance(3) { members.append(("max_inflated", .number(one(of: [1, 100, 5_000])))) }
        return .object(members)
    }

    private mutating func routes() -> FuzzNode? {
        if isDictionary {
            return chance(3) ? ["by": "dictionary", "numbers": .text(one(of: ["on", "off"]))] : ["by": "dictionary"]
        }
        if hasCode { return chance(4) ? ["by": "cellnet16"] : ["by": "number"] }
        switch random.below(6) {
        case 0: return ["by": "name"]
        case 1: return ["by": "name", "split": "."]
        case 2: return ["split": .text(one(of: [".", "-", ":"]))]
        default: return nil
        }
    }

    private mutating func envelope() -> FuzzNode {
        var members: [(String, FuzzNode)] = []
        if hasCode || chance(10) {
            members = [("when", ["code": 7]), ("answer", ["code": .number(one(of: [8, 7, 200]))])]
        }
        members.append(("wire", one(of: [["varint": 0, "bytes": 2], ["varint": 1, "bytes": 2]])))
        members.append(
            (
                "keys",
                one(of: [
                    ["code": 1, "payload": 2, "id": 3], ["code": 0, "payload": 1, "id": 2],
                    ["id": 5, "code": 63, "payload": 6],
                ])
            ))
        return .object(members)
    }

    /// What only has to be read: its bytes are right now and then.
    private mutating func vector() -> FuzzNode {
        var members: [(String, FuzzNode)] = []
        if chance(2) { members.append(("note", "what it shows")) }
        if chance(6) { members.append((one(of: ["needs", "lacks"]), "zlib")) }
        if chance(6), let parameter = parameters.first {
            members.append(("parameters", .object([(parameter.name, FuzzNode.text("5"))])))
        }
        if chance(4) {
            members.append(("routes", .object([(one(of: ["7", "a.b", "login"]), FuzzNode.text("Chat/HD_Say"))])))
        }
        if chance(4) { members.append(("now_ms", .number(random.below(100_000)))) }
        if !loginNames.isEmpty, chance(3) { members.append(("refuse", "login")) }
        let hex = one(of: ["", "00", "0100", "01 02 0304", "ff ffff", "0001 61"])
        members.append(("in", chance(3) ? .array([.text(hex), ["text": "hi"]]) : .text(hex)))
        if chance(3) {
            let payload: (String, FuzzNode) = chance(2) ? ("payload", "a") : ("payload_hex", "61")
            members.append(
                (
                    "events",
                    .array([.object([("kind", .text(one(of: ["request", "notify"]))), ("route", "A/b"), payload])])
                ))
        }
        if chance(2) {
            let payload: (String, FuzzNode) = chance(2) ? ("payload", "{}") : ("payload_hex", "7b7d")
            members.append(
                (
                    "send",
                    .array([
                        .object([
                            ("kind", .text(one(of: ["response", "error", "push", "kick"]))), ("route", "A/b"), payload,
                            ("form", .text(one(of: ["bytes", "json", "text"]))), ("request", .number(random.below(2))),
                        ])
                    ])
                ))
        }
        if chance(3) { members.append(("out", .text(one(of: ["", "00", "0100"])))) }
        if chance(4) { members.append(("close", .text(one(of: ["unknown_kind", "truncated_field", "bad_checksum"])))) }
        if chance(6) { members.append(("rest", .number(random.below(4)))) }
        return .object(members)
    }

    /// Puts a number, or a time, where there is one: at the edges of what numbers can be.
    private mutating func stretch(_ root: inout FuzzNode) {
        isPlain = false
        var places = root.numberCount
        guard places > 0 else { return }
        places = random.below(places)
        let edge: FuzzNode =
            chance(4)
            ? .plain(
                one(of: [
                    "9223372036854775808", "18446744073709551615", "18446744073709551616", "-9223372036854775809",
                    "1e308",
                    "0x7fffffffffffffff", "1.5", "-0", "+1", "Infinity", "NaN",
                ]))
            : .number(
                one(of: [
                    .max, .max - 1, .min, .min + 1, -1, 0, 1, 2, 8, 62, 63, 64, 65, 127, 128, 254, 255, 256, 65_534,
                    65_535,
                    65_536, 1 << 24, 1 << 31 - 1, 1 << 31, 1 << 32 - 1, 1 << 32, 1 << 53, 1 << 60, 1 << 62,
                ]))
        let time: FuzzNode = .text(
            one(of: [
                "0s", "0ms", "1ms", "9223372036854775807s", "9223372036854775807ms", "9223372036s", "9223372037s",
                "153722867m", "99999999999999999999s", "-1s", "9223372036854775807*$beat", "0*$beat",
                "1000000000000*$beat",
            ]))
        root.replaceNumber(&places, with: edge, time)
    }

    /// Puts something else somewhere.
    private mutating func spoil(_ node: inout FuzzNode) {
        isPlain = false
        switch node {
        case .object(var members) where !members.isEmpty:
            let place = random.below(members.count)
            switch random.below(10) {
            case 0: members.remove(at: place)
            case 1: members.insert((members[place].0, members[random.below(members.count)].1), at: 0)
            case 2: members[place].1 = anything()
            default: spoil(&members[place].1)
            }
            node = .object(members)
        case .array(var elements) where !elements.isEmpty:
            let place = random.below(elements.count)
            switch random.below(8) {
            case 0: elements.remove(at: place)
            case 1: elements.swapAt(place, random.below(elements.count))
            case 2: elements.append(elements[place])
            default: spoil(&elements[place])
            }
            node = .array(elements)
        default: node = anything()
        }
    }

    /// A value of any kind.
    private mutating func anything() -> FuzzNode {
        switch random.below(5) {
        case 0:
            .number(
                one(of: [0, 1, 2, 7, 8, 63, 64, 127, 128, 255, 256, 65_535, 65_536, 1 << 31, 1 << 32, .max, -1, .min]))
        case 1:
            .text(
                one(of: [
                    "", "u8", "rest", "payload", "$id", "$in.payload", "$in.id[0]", "$code", "$now_ms", "close",
                    "\u{0}", "é",
                ]))
        case 2: .text(fields.isEmpty ? "id" : "$in." + one(of: fields).name)
        case 3:
            .object([
                (
                    one(of: ["hex", "text", "json", "join", "when", "op"]),
                    chance(2) ? FuzzNode.text("c0") : FuzzNode.array([])
                )
            ])
        default: .array([.number(random.below(300))])
        }
    }
}
