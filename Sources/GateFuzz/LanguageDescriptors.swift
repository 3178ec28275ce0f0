import GateDescriptors

/// Descriptors that use what the shipped ones do not: every type, length and condition of the language.
enum LanguageDescriptors {
    static let files = texts.enumerated().map { index, text in
        DescriptorFile(name: "language-\(index).json5", bytes: Array(text.utf8))
    }

    static let texts = [
        // Kinds by a number, lengths in front, both orders, a constant.
        """
        {parameters: {order: ["be", "le"], length: ["u16", "u24", "u8"], empty: ["deliver", "ignore", "close"]},
         order: "$order", limits: {max_frame: 255}, empty_frame: "$empty",
         frame: [
          {name: "size", type: "$length", counts: "frame", plus: 1}, {type: "const", hex: "47 48"},
          {name: "op", type: "u8", enum: {ask: 1, tell: 2, answer: 3, say: 4, beat: 5, bad: 6, out: 7}},
          {name: "id", type: "u32"}, {name: "route", type: "str", len: "u8", max: 40},
          {name: "payload", type: "bytes", len: "rest"}],
         kinds: {request: {op: "ask"}, notify: {op: "tell"}, heartbeat: {op: "beat"}, response: {op: "answer"},
          error: {op: "bad"}, push: {op: "say"}, kick: {op: "out"}}}
        """,
        // No length of the whole: a frame ends with its last field. A length further left, and bounds.
        """
        {limits: {max_frame: 300}, frame: [
          {name: "n", type: "u8", min: 0, max: 60}, {name: "flags", type: "u8", enum: {plain: 0}, unknown: "keep"},
          {name: "route", type: "str", len: "n"}, {name: "payload", type: "str", len: "u16", order: "le", max: 200}],
         timers: {idle: "60s"}}
        """,
        // Wide numbers, fixed runs, a length that counts more than it covers, a field for faults.
        """
        {frame: [{name: "size", type: "u64", counts: "after", plus: -1, order: "le"}, {name: "id", type: "u64"},
          {name: "tag", type: "bytes", len: 3}, {name: "error", type: "str", len: "u16"},
          {name: "payload", type: "bytes", len: "rest", max: 500}], empty_frame: "heartbeat"}
        """,
        // Two conditions, and a JSON body with a length of its own.
        """
        {order: "le", frame: [{name: "op", type: "u16", max: 9}, {name: "sub", type: "u8"},
          {name: "body", type: "json", len: "u16",
           json: {route: "cmd", id: "seq", payload: "data", result: "ok", error: "err"}}],
         kinds: {request: {op: 1, sub: 2, has: ["route", "id"]}, notify: {op: 1, absent: "id"}, heartbeat: {op: 0},
          response: {op: 3, has: ["id", "result"]}, error: {op: 3, has: ["id", "error"]},
          push: {op: 4, has: ["route", "payload"]}, kick: {op: 5, has: ["route", "payload"], route: "Gate/OnKick"}}}
        """,
    ]
}
