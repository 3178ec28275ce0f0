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
        // Checks behind what they cover.
        """
        {frame: [{name: "size", type: "u8", counts: "after"}, {name: "id", type: "u16"},
          {name: "payload", type: "bytes", len: "rest"}, {name: "sum", type: "check", alg: "crc16-ccitt", over: "payload"}]}
        """,
        """
        {order: "le", frame: [{name: "size", type: "u16", counts: "frame"}, {name: "route", type: "str", len: "u8"},
          {name: "payload", type: "bytes", len: "rest"}, {name: "sum", type: "check", alg: "crc32"}]}
        """,
        """
        {frame: [{name: "size", type: "u8", counts: "after"}, {name: "payload", type: "bytes", len: "rest"},
          {name: "sum", type: "check", alg: "md5", key: "secret"}]}
        """,
        // Numbered fields inside of the payload, for one code.
        """
        {order: "le", frame: [{name: "size", type: "u16", counts: "after"}, {name: "code", type: "u16"},
          {name: "payload", type: "bytes", len: "rest"}],
         routes: {by: "number"}, kinds: {request: {}, response: {}},
         envelope: {when: {code: 58645}, answer: {code: 20476}, wire: {varint: 1, bytes: 2},
          keys: {code: 0, payload: 1, id: 2}},
         vectors: [{routes: {"4673": "A/Call"}, in: "0a00 15e5 01c124 0a0161 1107", events: [{route: "A/Call", payload: "a"}],
          send: [{payload: "b"}], out: "0a00 fc4f 01c124 0a0162 1107"}]}
        """,
        // An answer's code is a route's own.
        """
        {frame: [{name: "id", type: "u8"}, {name: "code", type: "u32"}, {name: "payload", type: "bytes", len: "u8"}],
         routes: {by: "number"}, vectors: [{routes: {"7": "A/HD_B -> 8", "9": "Chat/HD_Say"}, in: "01 00000007 00",
          events: [{route: "A/HD_B", payload: ""}], send: [{payload: "x"}], out: "01 00000008 01 78"}]}
        """,
        // Ends of frames that are known as compressed by their first bytes; long answers are compressed too.
        """
        {limits: {max_frame: 3000, max_inflated: 2000}, frame: [
          {name: "size", type: "u16", counts: "after"}, {name: "id", type: "u16"},
          {type: "group", inflate: {method: "gzip", sniff: "1f8b08"}, deflate: {method: "gzip", over: 24},
           fields: [{name: "route", type: "str", len: "u8"}, {name: "payload", type: "bytes", len: "rest"}]}],
         vectors: [{needs: "zlib",
          in: "002a 0007 1f8b0800000000000203e376ce482cd1f770890f4eaccc48cdc9c957c0450200d7ee79d62a000000",
          events: [{route: "Chat/HD_Say", payload: "hello hello hello hello hello "}]}]}
        """,
        // Compressed where a flag says so, each format.
        """
        {parameters: {method: ["zlib", "gzip", "raw"]}, limits: {max_frame: 3000, max_inflated: 2000}, frame: [
          {name: "size", type: "u16", counts: "after"}, {name: "packed", type: "u8", max: 1}, {name: "id", type: "u8"},
          {type: "group", inflate: {method: "$method", when: {packed: 1}},
           fields: [{name: "payload", type: "str", len: "rest"}]}],
         vectors: [{needs: "zlib", in: "000c 01 07 789ccbc80400013b00d2", events: [{payload: "hi"}],
          send: [{payload: "yo"}], out: "0004 00 07 796f"}]}
        """,
    ]
}
