import GateDescriptors
import GateJSON
import GateProtocol
import Testing

@Suite struct DescriptorProblemTests {
    /// The problems of a text, each without the file's name in front.
    private func problems(_ text: String, name: String = "test.json5") -> [String] {
        switch ProtocolDescriptor.load(DescriptorFile(name: name, bytes: Array(text.utf8))) {
        case .loaded: return []
        case .failed(let problems):
            return problems.map { problem in
                #expect(problem.file == name)
                return String(problem.description.dropFirst(name.utf8.count + 1))
            }
        }
    }

    /// A descriptor whose frame has these fields, on its second line.
    private func frame(_ fields: String, _ more: String = "") -> String { "{\(more)frame: [\n\(fields)\n]}" }

    private static let size = #"{name: "size", type: "u16", counts: "after"}"#
    private static let payload = #"{name: "payload", type: "bytes", len: "rest"}"#

    @Test(arguments: [
        ("{", "1:2: $: not JSON5: unexpected end of input, expected a key or '}'"),
        ("{frame: [], frame: []}", "1:13: $: not JSON5: duplicate key 'frame', each key may stand once in an object"),
        ("[]", "1:1: $: expected an object, found array"),
        ("{}", "1:1: $: missing key 'frame'; valid: 'frame', or 'in' and 'out'"),
        ("{frame: []}", "1:9: $.frame: a frame can have no bytes at all; valid: at least one field with a width"),
        ("{frame: {}}", "1:9: $.frame: expected an array, found object"),
        ("{frame: [1]}", "1:10: $.frame[0]: expected an object, found number"),
    ])
    func namesWhatIsNoDescriptor(text: String, problem: String) {
        #expect(problems(text) == [problem])
    }

    @Test(arguments: [
        (
            "{n: 1}",
            [
                "2:1: $.frame[0]: missing key 'type'; valid: u8 to u64, i8 to i64, varint, dec, const, bytes, str, json, kv, check, native, group",
                "2:2: $.frame[0].n: unknown key 'n'; valid: name, type, when, order, counts, plus, "
                    + "escape, min, max, is, enum, unknown, bits, unsupported, unit, hex, text, len, until, json, "
                    + "values, empty, bytes, digits, end, key, value, key_max, keys, codec, fields, inflate, deflate, alg, "
                    + "over, holding",
            ]
        ),
        (
            #"{name: "a", type: "u12"}"#,
            [
                "2:19: $.frame[0].type: unknown value 'u12'; valid: u8, u16, u24, u32, u64, i8, i16, i32, i64, "
                    + "varint, dec, const, bytes, str, json, kv, check, native, group"
            ]
        ),
        (#"{type: "u8"}"#, ["2:1: $.frame[0]: missing key 'name'; valid: a name of a-z, 0-9, _ and -"]),
        (
            #"{name: "A b", type: "u8"}"#,
            ["2:8: $.frame[0].name: 'A b' is not valid; expected a name of a-z, 0-9, _ and -"]
        ),
        (#"{name: 1, type: "u8"}"#, ["2:8: $.frame[0].name: expected a string, found number"]),
        (
            #"{name: "a", type: "u8", len: 1}"#,
            [
                "2:25: $.frame[0].len: key 'len' is not for type 'u8'; valid: name, type, when, order, counts, "
                    + "plus, escape, min, max, is, enum, unknown, bits, unsupported"
            ]
        ),
        (
            #"{name: "a", type: "bytes", len: 1, counts: "after"}"#,
            [
                "2:36: $.frame[0].counts: key 'counts' is not for type 'bytes'; valid: name, type, when, len, until, order, min, max, empty, json, values, unsupported, holding"
            ]
        ),
        (
            #"{name: "a", type: "bytes", len: "u8", holding: "x"}"#,
            ["2:48: $.frame[0].holding: missing key 'unsupported'; valid: encryption, compression"]
        ),
        (
            #"{name: "a", type: "bytes", until: "\n", unsupported: "encryption", holding: "x"}"#,
            [
                "2:77: $.frame[0].holding: missing key 'len'; valid: a number of bytes, u8 to u64, the name of a number, or rest"
            ]
        ),
        (
            #"{name: "a", type: "bytes", len: "u8", unsupported: "version", holding: "x"}"#,
            ["2:52: $.frame[0].unsupported: unknown value 'version'; valid: encryption, compression"]
        ),
        (
            #"{name: "a", type: "bytes", len: "u8", unsupported: "encryption", holding: ""}"#,
            ["2:75: $.frame[0].holding: '' is not valid; expected 1 to 32 bytes"]
        ),
        (
            #"{name: "a", type: "str", len: "u8", unsupported: "encryption", holding: "x"}"#,
            [
                "2:64: $.frame[0].holding: key 'holding' is not for type 'str'; valid: name, type, when, len, until, order, min, max, empty, json, unsupported"
            ]
        ),
        (
            #"{name: "a", type: "u16", counts: "all"}"#,
            ["2:34: $.frame[0].counts: unknown value 'all'; valid: after, frame"]
        ),
        (
            #"{name: "a", type: "u16", order: "big"}"#,
            ["2:33: $.frame[0].order: unknown value 'big'; valid: be, le"]
        ),
        (#"{name: "a", type: "u8", max: 256}"#, ["2:30: $.frame[0].max: number out of range; valid: 0...255"]),
        (
            #"{name: "a", type: "u8", min: 9, max: 8}"#,
            ["2:38: $.frame[0].max: number out of range; valid: 9...255"]
        ),
        (#"{name: "a", type: "u8", min: 1.5}"#, ["2:30: $.frame[0].min: expected a whole number, found number"]),
        (
            #"{name: "a", type: "u8", enum: {x: 1, y: 1, z: 300}}"#,
            [
                "2:41: $.frame[0].enum.y: the value 1 has two names; valid: a value of its own for each",
                "2:47: $.frame[0].enum.z: number out of range; valid: 0...255",
            ]
        ),
        (
            #"{name: "a", type: "u8", unknown: "drop"}"#,
            ["2:34: $.frame[0].unknown: unknown value 'drop'; valid: close, keep"]
        ),
        (
            #"{name: "n", type: "dec", end: "1:"}"#,
            ["2:31: $.frame[0].end: '1:' is not valid; expected bytes that do not begin with a digit"]
        ),
        (#"{type: "const"}"#, ["2:1: $.frame[0]: missing key 'hex'; valid: 'hex' or 'text'"]),
        (#"{type: "const", hex: "4"}"#, ["2:22: $.frame[0].hex: '4' is not valid; expected pairs of hex digits"]),
        (
            #"{name: "a", type: "bytes"}"#,
            ["2:1: $.frame[0]: missing key 'len'; valid: a number of bytes, u8 to u64, the name of a number, or rest"]
        ),
        (
            #"{name: "a", type: "bytes", len: 0}"#,
            ["2:33: $.frame[0].len: number out of range; valid: 1...268435456"]
        ),
        (
            #"{name: "a", type: "json", len: 2}"#,
            ["2:1: $.frame[0]: missing key 'json'; valid: names and the keys they stand for, or single"]
        ),
        (
            #"{name: "a", type: "json", len: 2, json: {rute: "r"}}"#,
            ["2:42: $.frame[0].json.rute: unknown key 'rute'; valid: route, id, payload, error, result, code"]
        ),
    ])
    func namesWhatIsWrongWithAField(field: String, expected: [String]) {
        let found = problems(frame(field))
        for problem in expected { #expect(found.contains(problem), "\(found)") }
        #expect(found.count == expected.count || field.contains("json"), "\(found)")
    }

    @Test(arguments: [
        (
            payload, "2:39: $.frame[0].len: nothing says how far 'rest' goes; valid: a field with 'counts' further left"
        ),
        (
            "\(size), \(payload), {name: \"x\", type: \"bytes\", len: \"u8\"}",
            "2:94: $.frame[2]: nothing can follow 'payload', which takes the rest of the frame; valid: fields of fixed width, or a 'len' other than rest"
        ),
        (
            "\(size), {name: \"b\", type: \"u8\", counts: \"after\"}, \(payload)",
            "2:79: $.frame[1].counts: the frame's end is already said by 'size'; valid: 'counts' in one of them, or a 'when' that keeps them apart"
        ),
        (
            "\(size), {name: \"size\", type: \"u8\"}, \(payload)",
            "2:47: $.frame[1]: the name 'size' is taken; valid: a name of its own"
        ),
        (
            #"{name: "payload", type: "bytes", len: "n"}, {name: "n", type: "u8"}"#,
            "2:39: $.frame[0].len: 'n' does not stand further left; valid: none"
        ),
        (
            #"{name: "a", type: "u8"}, {name: "payload", type: "bytes", len: "b"}"#,
            "2:64: $.frame[1].len: unknown value 'b'; valid: rest, u8, u16, u24, u32, u64, a"
        ),
        (
            #"{name: "n", type: "u8"}, {name: "payload", type: "bytes", len: "n"}, {name: "b", type: "str", len: "n"}"#,
            "2:100: $.frame[2].len: the name 'n' is taken; valid: a name of its own"
        ),
        (
            #"{name: "payload", type: "bytes", len: "payload"}"#,
            "2:39: $.frame[0].len: unknown value 'payload'; valid: rest, u8, u16, u24, u32, u64"
        ),
        (
            #"{name: "size", type: "u16", counts: "after", min: 1}, {name: "id", type: "u16"}, "# + payload,
            "2:51: $.frame[0].min: 1 is less than the fields it covers; valid: at least 2, or no 'min'"
        ),
        (
            #"{name: "route", type: "u8"}, {name: "payload", type: "bytes", len: "u8"}"#,
            "2:1: $.frame[0]: expected type bytes or str, found a number"
        ),
        (
            #"{name: "id", type: "str", len: "u8"}, {name: "payload", type: "bytes", len: "u8"}"#,
            "2:1: $.frame[0]: expected an integer type, found bytes"
        ),
        (
            #"{name: "a", type: "u8"}"#,
            "1:9: $.frame: a frame of kind 'response' cannot be written: no field takes its payload; valid: a field or a key 'payload'"
        ),
        (
            "\(size), {name: \"other\", type: \"bytes\", len: \"rest\"}",
            "2:47: $.frame[1]: a frame of kind 'response' cannot be written: nothing goes into 'other'; valid: a value for it in the kind, or the name 'payload'"
        ),
        (
            "\(size), {name: \"payload\", type: \"bytes\", len: 4}",
            "2:47: $.frame[1]: a frame of kind 'response' cannot be written: 'payload' has 4 bytes, and what goes there "
                + "has any number; valid: a 'len' that says how many"
        ),
        (
            "\(size), {name: \"v\", type: \"u8\", min: 3}, \(payload)",
            "2:47: $.frame[1]: a frame of kind 'response' cannot be written: the value written into 'v' is not one it "
                + "allows; valid: one of those in the kind"
        ),
    ])
    func findsFieldsThatDoNotFitTogether(fields: String, problem: String) {
        let found = problems(frame(fields))
        #expect(found.contains(problem), "\(found)")
    }

    @Test func comparesLimitsWithWhatALengthCanSay() {
        let fields = "\(Self.size), \(Self.payload)"
        #expect(problems(frame(fields, "limits: {max_frame: 65537}, ")) == [])
        #expect(
            problems(frame(fields, "limits: {max_frame: 65538}, ")) == [
                "1:22: $.limits.max_frame: the limit 65538 can never be reached; valid: at most 65537"
            ])
        #expect(problems(frame(fields, "limits: {max_frame: 2}, ")) == [])
        #expect(
            problems(frame(fields, "limits: {max_frame: 1}, ")) == [
                "1:22: $.limits.max_frame: the limit 1 lets no frame through; valid: at least 2"
            ])
        #expect(
            problems(frame(fields, "limits: {max_frame: 0, min_frame: 1}, ")) == [
                "1:22: $.limits.max_frame: number out of range; valid: 1...268435456",
                "1:25: $.limits.min_frame: unknown key 'min_frame'; valid: max_frame, max_payload, max_inflated",
            ])
    }

    @Test(arguments: [
        (
            "{requst: {}}",
            [
                "3:4: $.kinds.requst: unknown key 'requst'; valid: request, notify, heartbeat, response, error, push, "
                    + "kick"
            ]
        ),
        ("{response: {op: 2}}", ["3:3: $.kinds: missing key 'request'; valid: a kind 'request' or 'notify'"]),
        (
            "{request: {op: 1}}",
            [
                "3:3: $.kinds: a frame of kind 'response' cannot be written: it is not described; valid: an entry of 'kinds' for it"
            ]
        ),
        (
            "{request: {op: 1}, notify: {op: 1}, response: {op: 2}}",
            [
                "3:30: $.kinds.notify: never recognised, because 'request' is tried first and asks for no more; valid: the one that asks for more first"
            ]
        ),
        (
            "{request: {op: 'x'}, response: {op: 2}}",
            ["3:14: $.kinds.request.op: unknown value 'x'; valid: one, two"]
        ),
        (
            "{request: {op: 7}, response: {op: 2}}", ["3:14: $.kinds.request.op: unknown value '7'; valid: 1, 2"]
        ),
        (
            "{request: {op: 1, xy: 2}, response: {op: 2}}",
            ["3:21: $.kinds.request.xy: unknown key 'xy'; valid: has, absent, op"]
        ),
        (
            "{request: {op: 1, has: 'id'}, response: {op: 2}}",
            ["3:13: $.kinds.request: unknown value 'id'; valid: none"]
        ),
        (
            "{request: {op: 1, payload: 'x'}, response: {op: 2}}",
            ["3:21: $.kinds.request.payload: expected a number or a name of an enum, found text"]
        ),
        (
            "{request: {op: 1}, response: {}}",
            [
                "2:1: $.frame[0]: a frame of kind 'response' cannot be written: the value written into 'op' is not one "
                    + "it allows; valid: one of those in the kind"
            ]
        ),
        (
            "{request: {op: 1}, response: {op: 2}, kick: {op: 2, payload: {hex: 'c328'}}}",
            [
                "2:51: $.frame[1]: a frame of kind 'kick' cannot be written: the value written into 'payload' is not one "
                    + "it allows; valid: one of those in the kind"
            ]
        ),
    ])
    func findsKindsThatDoNotWork(kinds: String, expected: [String]) {
        let fields = #"{name: "op", type: "u8", enum: {one: 1, two: 2}}, {name: "payload", type: "str", len: "u8"}"#
        let found = problems("{frame: [\n\(fields)], kinds:\n  \(kinds)}")
        for problem in expected { #expect(found.contains(problem), "\(found)") }
    }

    @Test(arguments: [
        (
            "{request: {has: 'route'}, response: {has: ['id', 'payload']}}",
            "3:13: $.kinds.request: a frame of kind 'response' cannot be written: it carries an 'id', but a request can "
                + "come without one; valid: 'id' in the 'has' of 'request'"
        ),
        (
            "{request: {has: ['route', 'id']}, response: {has: 'payload'}}",
            "3:47: $.kinds.response: a frame of kind 'response' cannot be written: it does not carry the request's 'id'; valid: 'id' in its 'has', or a field 'id' that is there"
        ),
        (
            "{request: {has: ['route', 'id']}, response: {has: 'id'}}",
            "3:47: $.kinds.response: a frame of kind 'response' cannot be written: no field takes its payload; valid: a field or a key 'payload'"
        ),
        (
            "{request: {has: ['route', 'id', 'id']}, response: {has: ['id', 'payload']}}",
            "3:35: $.kinds.request.has[2]: the name 'id' is taken; valid: a name of its own"
        ),
    ])
    func findsAnswersThatWouldNotReachTheirRequest(kinds: String, problem: String) {
        let fields = #"{name: "b", type: "json", len: "u8", json: {route: "r", id: "i", payload: "p"}}"#
        let found = problems("{frame: [\n\(fields)], kinds:\n  \(kinds)}")
        #expect(found.contains(problem), "\(found)")
    }

    /// Of an integer and its bits one is given: the other would be lost.
    @Test(arguments: [
        ("{response: {head: '$in.head'}}", nil),
        ("{response: {op: 2, low: '$in.low'}}", nil),
        ("{response: {op: 2, head: '$in.head'}}", "3:35: $.kinds.response.head"),
        ("{response: {head: '$code', low: '$in.low'}}", "3:28: $.kinds.response.head"),
        ("{response: {head: 7}}", "3:28: $.kinds.response.head"),
        ("{response: {head: 7, op: 2}}", "3:28: $.kinds.response.head"),
    ])
    func findsAnIntegerBesideItsBits(kinds: String, place: String?) {
        let fields =
            #"{name: "head", type: "u8", bits: {low: {at: 0}, op: {at: 4, width: 4}}}, "#
            + #"{name: "payload", type: "str", len: "u8"}"#
        let found = problems("{frame: [\n\(fields)], kinds:\n  {request: {}, \(kinds.dropFirst())}")
        let expected = place.map {
            ["\($0): 'head' is made of bits; valid: values for low, op, or a copy of all where none of them is given"]
        }
        #expect(found == expected ?? [], "\(found)")
    }

    @Test func reportsAllProblemsOfAFileInItsOrder() {
        let text = """
            {
              protocol: "other",
              colour: 1,
              order: "xe",
              empty_frame: "maybe",
              timers: {idle: "1h"},
              parameters: {A: ["x"], b: []},
              frame: [{name: "a", type: "u7"}, {name: "b", type: "$c"}],
              vectors: [{in: "0", out: "xy", events: [{kind: "push"}], close: "tired", colour: 1}],
            }
            """
        #expect(
            problems(text) == [
                "2:13: $.protocol: protocol 'other' in a file named for 'test'; valid: the file's name, or no 'protocol'",
                "3:3: $.colour: unknown key 'colour'; valid: $schema, protocol, summary, parameters, order, limits, "
                    + "frame, in, out, empty_frame, kinds, replies, states, on_open, timers, routes, fault, errors, "
                    + "login, envelope, vectors",
                "4:10: $.order: unknown value 'xe'; valid: be, le",
                "5:16: $.empty_frame: unknown value 'maybe'; valid: deliver, ignore, close, heartbeat",
                "6:18: $.timers.idle: '1h' is not valid; expected a time up to a day, such as 500ms, 60s or 2m",
                "7:16: $.parameters.?: 'A' is not valid; expected a name of a-z, 0-9, _ and -",
                "7:29: $.parameters.b: missing key 'a value'; valid: one or more words",
                "8:29: $.frame[0].type: unknown value 'u7'; valid: u8, u16, u24, u32, u64, i8, i16, i32, i64, varint, dec, const, bytes, str, json, kv, check, native, group",
                "8:54: $.frame[1].type: unknown value '$c'; valid: none",
                "9:18: $.vectors[0].in: '0' is not valid; expected pairs of hex digits",
                "9:28: $.vectors[0].out: 'xy' is not valid; expected pairs of hex digits",
                "9:50: $.vectors[0].events[0].kind: unknown value 'push'; valid: request, notify",
                "9:67: $.vectors[0].close: unknown value 'tired'; valid: "
                    + CloseReason.allCases.map(\.rawValue).joined(separator: ", "),
                "9:76: $.vectors[0].colour: unknown key 'colour'; valid: note, needs, lacks, parameters, routes, now_ms, in, refuse, events, send, out, close, rest",
            ])
    }

    @Test func refusesAFileNameThatIsNoProtocolName() {
        let text = frame("\(Self.size), \(Self.payload)")
        #expect(problems(text, name: "dir/my-own_2.json5") == [])
        #expect(
            problems(text, name: "dir/My own.json5") == [
                "1:1: $: 'My own' is not valid; expected a file name of a-z, 0-9, _ and - before .json5"
            ])
    }

    @Test func refusesHostileFilesBeforeTheyCost() {
        let limit = 1 << 20
        for size in [limit - 1, limit, limit + 1, 10 << 20] {
            let found = problems(String(repeating: " ", count: size))
            let tooLarge = "1:1: $: the file has \(size) bytes; valid: at most 1048576"
            #expect((found == [tooLarge]) == (size > limit))
        }
        for depth in [30, 31, 100_000] {
            let nested = "{frame: " + String(repeating: "[", count: depth) + String(repeating: "]", count: depth) + "}"
            let found = problems(nested)
            let tooDeep = "not JSON5: more than 32 arrays and objects inside each other"
            #expect(found.count == 1)
            #expect(found[0].hasSuffix(tooDeep) == (depth > 31), "\(found)")
        }
        for count in [255, 256, 257, 10_000] {
            let fields = (0..<count - 1).map { "{name: \"f\($0)\", type: \"u8\"}" }.joined(separator: ",")
            let found = problems(frame(fields + #",{name: "payload", type: "bytes", len: "u8"}"#))
            #expect(found == (count <= 256 ? [] : ["1:9: $.frame: \(count) fields; valid: at most 256"]))
        }
        let values = String(repeating: "1,", count: 100_001)
        #expect(problems("{vectors: [\(values)]}")[0].hasSuffix("not JSON5: more than 100000 values"))
    }

    @Test func boundsWhatIsKeptOfAFrame() {
        for count in [25, 26, 27] {
            let fields = (0..<count).map { "{name: \"f\($0)\", type: \"u8\"}" }.joined(separator: ",\n")
            let conditions = (0..<count).map { "f\($0): 1" }.joined(separator: ", ")
            let text =
                "{frame: [\n\(fields), {name: \"payload\", type: \"bytes\", len: \"u8\"}], "
                + "kinds: {request: {\(conditions)}, response: {}}}"
            let found = problems(text)
            #expect(
                found
                    == (count <= 26
                        ? []
                        : ["28:1: $.frame[26]: 27 fields that others refer to; valid: at most 26"]))
        }
    }

    @Test func boundsCombinationsOfParameters() {
        let text = frame("\(Self.size), \(Self.payload)")
        for (count, passes) in [(5, true), (6, true), (7, false), (60, false)] {
            let parameters = (0..<count).map { "p\($0): ['a', 'b']" }.joined(separator: ", ")
            let found = problems("{parameters: {\(parameters)}, " + text.dropFirst())
            let tooMany = "1:14: $.parameters: 128 combinations of parameters; valid: at most 64"
            #expect(found == (passes ? [] : [tooMany]))
        }
    }

    @Test func boundsTheNamesOfAnEnum() {
        for (count, passes) in [(1023, true), (1024, true), (1025, false)] {
            let names = (0..<count).map { "n\($0): \($0)" }.joined(separator: ",")
            let text =
                "{name: \"op\", type: \"u16\", enum: {\(names)}}, {name: \"payload\", type: \"bytes\", len: \"u8\"}"
            let tooMany = "2:33: $.frame[0].enum: 1025 names; valid: at most 1024"
            #expect(problems(frame(text)) == (passes ? [] : [tooMany]))
        }
    }

    /// The dearest file there is: many names for many fields, compiled for each choice of parameters.
    @Test func aFileFullOfNamesAndChoicesIsLoadedOrRefused() {
        let names = (0..<900).map { "n\($0):\($0)" }.joined(separator: ",")
        let fields = (0..<90).map { "{name: \"f\($0)\", type: \"u16\", enum: {\(names)}}" }.joined(separator: ",")
        let text =
            "{parameters: {a: ['x', 'y'], b: ['x', 'y']}, frame: [\(fields), "
            + "{name: \"payload\", type: \"bytes\", len: \"u8\"}]}"
        #expect(text.utf8.count < 1 << 20)
        #expect(problems(text) == [])
        #expect(problems(text.replacing("\"payload\"", with: "\"body\"")).count > 1)
    }

    @Test func boundsTheNumberOfProblems() {
        let fields = (0..<200).map { _ in #"{name: "f", type: "u7"}"# }.joined(separator: ",")
        #expect(problems(frame(fields)).count == 100)
    }

    @Test func parametersDoNotNameEachOther() {
        let text = #"{parameters: {a: ["b"], b: ["c"]}, frame: [{name: "x", type: "$a"}]}"#
        #expect(
            problems(text) == [
                "1:62: $.frame[0].type: unknown value 'b'; valid: u8, u16, u24, u32, u64, i8, i16, i32, i64, varint, dec, const, bytes, str, json, kv, check, native, group"
            ])
    }
}
