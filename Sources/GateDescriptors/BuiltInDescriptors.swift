// Made by Tests/embed-descriptors.sh from the files under protocols/. Edit those.

/// The shipped descriptors, so that a gateway needs no folder to speak them.
enum BuiltInDescriptors {
    static let texts: [(name: String, text: String)] = [
        (
            "length16.json5",
            #"""
            // A length of two bytes, then the payload. The simplest protocol there is: a client needs ten lines.
            //
            //   00 05 | 68 65 6c 6c 6f        "hello"
            //   size  | payload
            //
            // Every frame is a request to the listener's route; answers come back in the order of the requests.
            {
              protocol: "length16",
              summary: "u16 length, payload; every frame is a request to the listener's route, answered in order",
              order: "be",
              limits: {max_frame: 65537},
              frame: [
                {name: "size", type: "u16", counts: "after"},
                {name: "payload", type: "bytes", len: "rest"},
              ],
              empty_frame: "heartbeat",
              vectors: [
                {
                  note: "a request and its answer",
                  in: "0005 68656c6c6f", events: [{kind: "request", payload: "hello"}],
                  send: [{kind: "response", payload: "world!"}], out: "0006 776f726c6421",
                },
                {
                  note: "two requests at once, answered in their order whichever is done first",
                  in: "0001 61 0001 62", events: [{payload: "a"}, {payload: "b"}],
                  send: [{kind: "response", request: 1, payload: "B"}, {kind: "response", request: 0, payload: "A"}],
                  out: "0001 41 0001 42",
                },
                {
                  note: "a fault",
                  in: "0001 61", events: [{payload: "a"}],
                  send: [{kind: "error", payload: "handler not found"}],
                  out: "001d 7b224572726f72223a2268616e646c6572206e6f7420666f756e64227d",
                },
                {
                  note: "an empty answer is an empty frame",
                  in: "0001 61", events: [{payload: "a"}], send: [{kind: "response"}], out: "0000",
                },
                {note: "a heartbeat comes back", in: "0000", out: "0000"},
                {note: "a push", send: [{kind: "push", route: "Chat/OnChat", payload: "hi"}], out: "0002 6869"},
                {
                  note: "a notice before the end",
                  send: [{kind: "kick", payload: '{"reason":"x"}'}], out: "000e 7b22726561736f6e223a2278227d",
                },
                {note: "not yet a frame", in: "0005 6865", rest: 4},
              ],
            }

            """#
        ),
        (
            "length32-json.json5",
            #"""
            // A length of four bytes, then one JSON object.
            //
            //   00 00 00 2a | {"route":"Echo/HD_Echo","id":7,"body":[1]}
            //   size        | body
            //
            // is a request; its answer is {"id":7,"result":...} or {"id":7,"error":"text"}. Without an id no answer
            // comes. The id is any number or string and comes back byte for byte. A push is {"route":"Chat/OnChat","body":...}.
            // Keys that are not listed here are ignored.
            {
              protocol: "length32-json",
              summary: "u32 length, JSON {route, id, body}; answers {id, result} or {id, error}, pushes {route, body}",
              order: "be",
              limits: {max_frame: 1048576},
              frame: [
                {name: "size", type: "u32", counts: "after"},
                {
                  name: "body", type: "json", len: "rest",
                  json: {route: "route", id: "id", payload: "body", result: "result", error: "error"},
                },
              ],
              empty_frame: "heartbeat",
              kinds: {
                request: {has: ["route", "id"]},
                notify: {has: "route", absent: "id"},
                response: {has: ["id", "result"]},
                error: {has: ["id", "error"]},
                push: {has: ["route", "payload"]},
                kick: {has: ["route", "payload"], route: "Gate/OnKick"},
              },
              vectors: [
                {
                  note: "a request and its answer",
                  in: ["0000002d", {text: '{"route":"Echo/HD_Echo","id":7,"body":[1, 2]}'}],
                  events: [{kind: "request", route: "Echo/HD_Echo", payload: '[1, 2]'}],
                  send: [{kind: "response", form: "json", payload: '[1, 2]'}],
                  out: ["00000018", {text: '{"id":7,"result":[1, 2]}'}],
                },
                {
                  note: "an id that is text, and a fault",
                  in: ["00000024", {text: '{"id":"a\\u00e9","route":"Nope/HD_X"}'}],
                  events: [{kind: "request", route: "Nope/HD_X", payload: ''}],
                  send: [{kind: "error", payload: "none found"}],
                  out: ["00000025", {text: '{"id":"a\\u00e9","error":"none found"}'}],
                },
                {
                  note: "a message without id gets no answer",
                  in: ["00000026", {text: '{"route":"Chat/HD_Say","body":{"a":1}}'}],
                  events: [{kind: "notify", route: "Chat/HD_Say", payload: '{"a":1}'}],
                },
                {
                  note: "bytes that are no JSON come as base64",
                  in: ["00000019", {text: '{"route":"A/HD_B","id":0}'}],
                  events: [{kind: "request", route: "A/HD_B", payload: ''}],
                  send: [{kind: "response", payload_hex: "00ff"}],
                  out: ["00000018", {text: '{"id":0,"result":"AP8="}'}],
                },
                {
                  note: "an empty answer is null",
                  in: ["0000001c", {text: '{"route":"A/HD_B","id":1.50}'}],
                  events: [{kind: "request", route: "A/HD_B", payload: ''}],
                  send: [{kind: "response"}],
                  out: ["00000019", {text: '{"id":1.50,"result":null}'}],
                },
                {
                  note: "a push",
                  send: [{kind: "push", route: "Chat/OnChat", form: "text", payload: "hi"}],
                  out: ["00000023", {text: '{"route":"Chat/OnChat","body":"hi"}'}],
                },
                {
                  note: "a notice before the end",
                  send: [{kind: "kick", payload: '{"reason":"x"}'}],
                  out: ["0000002d", {text: '{"route":"Gate/OnKick","body":{"reason":"x"}}'}],
                },
                {
                  note: "a heartbeat comes back",
                  in: "00000000",
                  out: "00000000",
                },
                {
                  note: "a body that is no JSON object",
                  in: ["00000003", {text: '[1]'}],
                  close: "malformed_frame",
                },
                {
                  note: "a frame without a route",
                  in: ["00000008", {text: '{"id":1}'}],
                  close: "malformed_frame",
                },
                {
                  note: "a frame above the limit, refused as soon as its length is there",
                  in: "00100000",
                  close: "frame_too_large",
                },
              ],
            }

            """#
        ),
        (
            "length32.json5",
            #"""
            // A length of four bytes, then the payload: length16 for larger frames.
            //
            //   00 00 00 05 | 68 65 6c 6c 6f        "hello"
            //   size        | payload
            //
            // Every frame is a request to the listener's route; answers come back in the order of the requests.
            {
              protocol: "length32",
              summary: "u32 length, payload; every frame is a request to the listener's route, answered in order",
              order: "be",
              limits: {max_frame: 1048576},
              frame: [
                {name: "size", type: "u32", counts: "after"},
                {name: "payload", type: "bytes", len: "rest"},
              ],
              empty_frame: "heartbeat",
              vectors: [
                {
                  note: "a request and its answer",
                  in: "00000005 68656c6c6f", events: [{kind: "request", payload: "hello"}],
                  send: [{kind: "response", payload: "world!"}], out: "00000006 776f726c6421",
                },
                {
                  note: "a heartbeat between two requests, answered in their order whichever is done first",
                  in: "00000001 61 00000000 00000001 62", events: [{payload: "a"}, {payload: "b"}],
                  send: [{kind: "response", request: 1, payload: "B"}, {kind: "response", request: 0, payload: "A"}],
                  out: "00000000 00000001 41 00000001 42",
                },
                {
                  note: "a fault",
                  in: "00000001 61", events: [{payload: "a"}],
                  send: [{kind: "error", payload: "no"}], out: "0000000e 7b224572726f72223a226e6f227d",
                },
                {
                  note: "an empty answer is an empty frame",
                  in: "00000001 61", events: [{payload: "a"}], send: [{kind: "response"}], out: "00000000",
                },
                {note: "a push", send: [{kind: "push", route: "Chat/OnChat", payload: "hi"}], out: "00000002 6869"},
                {
                  note: "a notice before the end",
                  send: [{kind: "kick", payload: '{"reason":"x"}'}], out: "0000000e 7b22726561736f6e223a2278227d",
                },
                {
                  note: "a frame above the limit, refused as soon as its length is there",
                  in: "00100000", close: "frame_too_large",
                },
                {note: "not yet a frame", in: "00000005 6865", rest: 6},
              ],
            }

            """#
        ),
    ]

    /// The same as files.
    static var files: [DescriptorFile] {
        texts.map { DescriptorFile(name: $0.name, bytes: Array($0.text.utf8)) }
    }
}
