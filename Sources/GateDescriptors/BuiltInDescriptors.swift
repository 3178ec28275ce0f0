// Made by Tests/embed-descriptors.sh from the files under protocols/. Edit those.

/// The shipped descriptors, so that a gateway needs no folder to speak them.
enum BuiltInDescriptors {
    static let texts: [(name: String, text: String)] = [
        (
            "amp.json5",
            #"""
            // Twisted's AMP: boxes of keys and values with a length each, ended by an empty key.
            //
            //   00 04 5f 61 73 6b | 00 01 31 | 00 08 5f 63 6f 6d 6d 61 6e 64 | 00 03 53 75 6d | ... | 00 00
            //         _ask               1           _command                       Sum
            //
            // The arguments become an object of strings, {"a":"13","b":"81"}; a call with one that is no UTF-8 gets an error. An answer that is an object becomes a box of its
            // members, any other answer the value of `result`.
            {
              summary: "Twisted AMP: requests and answers in boxes of keys and values",
              limits: {max_frame: 1048576},
              frame: [
                {
                  name: "box", type: "kv", key: "u16", key_max: 255, value: "u16",
                  keys: {
                    id: "_ask", route: "_command", answer: "_answer", failed: "_error", reason: "_error_code",
                    error: "_error_description",
                  },
                },
              ],
              routes: {by: "name"},
              kinds: {
                request: {has: ["id", "route"]},
                notify: {has: "route", absent: "id"},
                response: {has: ["answer", "payload"], answer: "$id"},
                error: {has: ["failed", "reason", "error"], failed: "$id", reason: {fault_code: "UNKNOWN"}},
                push: {has: ["route", "payload"]},
                kick: {has: ["route", "payload"]},
              },
              vectors: [
                {
                  note: "Sum a=13 b=81 under tag 1, and its answer",
                  routes: {Sum: "Math/HD_Sum"},
                  in: "00045f61736b00013100085f636f6d6d616e64000353756d00016100023133000162000238310000",
                  events: [{kind: "request", route: "Math/HD_Sum", payload: '{"a":"13","b":"81"}'}],
                  send: [{kind: "response", form: "json", payload: '{"total":94}'}],
                  out: "00075f616e737765720001310005746f74616c000239340000",
                },
                {
                  note: "an error",
                  in: "00045f61736b00013200085f636f6d6d616e64000353756d0000",
                  events: [{kind: "request", payload: "{}"}],
                  send: [{kind: "error", payload: "nope"}],
                  out: "00065f6572726f72000132000b5f6572726f725f636f64650007554e4b4e4f574e00125f6572726f725f6465736372697074696f6e00046e6f70650000",
                },
                {
                  note: "a tag that is no number, a command that is a route, an answer that is no object",
                  in: ["00045f61736b", "0002", {text: "a7"}, "00085f636f6d6d616e64", "0005", {text: "A/H_B"}, "0000"],
                  events: [{kind: "request", route: "A/H_B", payload: "{}"}],
                  send: [{kind: "response", payload: "ok"}],
                  out: ["00075f616e73776572", "0002", {text: "a7"}, "0006", {text: "result"}, "0002", {text: "ok"}, "0000"],
                },
                {
                  note: "an argument that is no UTF-8 ends its call alone",
                  in: ["00045f61736b", "000137", "00085f636f6d6d616e64", "0005", {text: "A/H_B"}, "000161", "0001ff", "0000"],
                  out: [
                    "0006", {text: "_error"}, "000137", "000b", {text: "_error_code"}, "0007", {text: "UNKNOWN"},
                    "0012", {text: "_error_description"}, "0018", {text: "the request is not UTF-8"}, "0000",
                  ],
                },
                {
                  note: "a command without a tag gets no answer",
                  in: ["00085f636f6d6d616e64", "0005", {text: "A/H_B"}, "0000"],
                  events: [{kind: "notify", route: "A/H_B", payload: "{}"}],
                },
                {
                  note: "a push",
                  routes: {onChat: "Chat/OnChat"},
                  send: [{kind: "push", route: "Chat/OnChat", form: "json", payload: '{"m":"hi"}'}],
                  out: ["00085f636f6d6d616e64", "0006", {text: "onChat"}, "0001", {text: "m"}, "0002", {text: "hi"}, "0000"],
                },
                {note: "a key above 255 bytes", in: "0100", close: "frame_too_large"},
                {note: "an empty box", in: "0000", close: "empty_frame"},
                {note: "a key twice", in: "00045f61736b00013100045f61736b0001310000", close: "duplicate_key"},
                {note: "neither command, answer nor error", in: "00016100016200 00", close: "unknown_kind"},
              ],
            }

            """#
        ),
        (
            "cellnet.json5",
            #"""
            // cellnet's tcp.ltv: a length that counts the id and the payload, and the 16-bit hash of the message's name.
            //
            //   09 00 | dd b1 | 7b 22 41 22 3a 37 7d        main.J {"A":7}
            //   size  | code  | payload
            //
            // Names in `routes` are hashed; a number stands for itself. cellnet knows no answers: one goes out under the id of its
            // request. In its RPC a call is an envelope with a number of its own, in which the answer comes back:
            //
            //   12 00 | 15 e5 | 01 c1 24 | 0a 09 03 00 72 70 63 05 00 00 00 | 11 01
            //   size  | code  | 0: code  | 1: payload                       | 2: id
            //
            // There is no place for an error. cellnet's clients decode whatever comes under a message's id as that message and, where the
            // bytes are none, panic or close; a call waits for its own timeout. So a request or a call that fails, and one of an unknown
            // id, gets no answer. `?errors=frame:proto.ErrorACK` sends {"Error":"text"} under the id of that name (or of a number), to
            // calls in their envelope; `?errors=json` sends it under the id of the request, and `?errors=close` ends the connection.
            {
              summary: "cellnet tcp.ltv: a length, the hash of a message's name, bytes",
              order: "le",
              parameters: {errors: {default: "nothing"}},
              errors: "$errors",
              limits: {max_frame: 65537},
              frame: [
                {name: "size", type: "u16", counts: "after", min: 2},
                {name: "code", type: "u16"},
                {name: "payload", type: "bytes", len: "rest"},
              ],
              routes: {by: "cellnet16"},
              // RemoteCallREQ and RemoteCallACK. The wire types are not those of protobuf.
              envelope: {
                when: {code: 58645}, answer: {code: 20476}, wire: {varint: 1, bytes: 2}, keys: {code: 0, payload: 1, id: 2},
              },
              kinds: {request: {}, response: {}, push: {}},
              vectors: [
                {
                  note: "main.TestEchoACK {\"hello\", 1234}, binary",
                  routes: {"main.TestEchoACK": "Echo/HD_Echo"},
                  in: "0d00 4112 0500 68656c6c6f d2040000",
                  events: [{kind: "request", route: "Echo/HD_Echo", payload_hex: "0500 68656c6c6f d2040000"}],
                  send: [{kind: "response", payload: "x"}], out: "0300 4112 78",
                },
                {
                  note: "main.J {\"A\":7}, JSON",
                  routes: {"main.J": "Game/HD_J"},
                  in: "0900 ddb1 7b2241223a377d", events: [{kind: "request", route: "Game/HD_J", payload: '{"A":7}'}],
                },
                {
                  note: "an RPC call of main.TestEchoACK, and its answer",
                  routes: {"main.TestEchoACK": "Echo/HD_Echo"},
                  in: "1200 15e5 01c124 0a09 0300727063 05000000 1101",
                  events: [{kind: "request", route: "Echo/HD_Echo", payload_hex: "0300727063 05000000"}],
                  send: [{kind: "response", payload_hex: "0300727063 05000000"}],
                  out: "1200 fc4f 01c124 0a09 0300727063 05000000 1101",
                },
                {
                  note: "what fails gets no answer, and the others go on",
                  in: "0200 4112 0200 4112 0700 15e5 01c124 1102 0400 15e5 1103",
                  events: [{kind: "request"}, {kind: "request"}, {kind: "request"}, {kind: "request"}],
                  send: [
                    {kind: "response", payload: "2", request: 1}, {kind: "error", payload: "no", request: 0},
                    {kind: "error", payload: "no", request: 2}, {kind: "response", request: 3},
                  ],
                  out: "0300 4112 32 0400 fc4f 1103",
                },
                {
                  note: "errors under a name of their own", parameters: {errors: "frame:proto.ErrorACK"},
                  in: "0200 4112 0700 15e5 01c124 1102", events: [{kind: "request"}, {kind: "request"}],
                  send: [{kind: "error", payload: "no", request: 0}, {kind: "error", payload: "no", request: 1}],
                  out: "1000 3b70 7b224572726f72223a226e6f227d 1800 fc4f 01bbe001 0a0e 7b224572726f72223a226e6f227d 1102",
                },
                {
                  note: "a connection that ends with a request that fails", parameters: {errors: "close"},
                  in: "0200 4112", events: [{kind: "request"}], send: [{kind: "error", payload: "no"}], close: "request_failed",
                },
                {
                  note: "an RPC call that fails, and a call of a code without a route", parameters: {errors: "json"},
                  in: "0700 15e5 01c124 1102 0400 15e5 1103",
                  events: [{kind: "request"}, {kind: "request"}],
                  send: [{kind: "error", payload: "no", request: 0}, {kind: "response", request: 1}],
                  out: "1700 fc4f 01c124 0a0e 7b224572726f72223a226e6f227d 1102 0400 fc4f 1103",
                },
                {
                  note: "answers of one message keep their order, those of others pass them, and so do calls",
                  in: "0200 4112 0200 ddb1 0200 4112 0400 15e5 1104",
                  events: [{kind: "request"}, {kind: "request"}, {kind: "request"}, {kind: "request"}],
                  send: [
                    {kind: "response", payload: "3", request: 2}, {kind: "response", payload: "4", request: 3},
                    {kind: "response", payload: "2", request: 1}, {kind: "response", payload: "1", request: 0},
                  ],
                  out: "0700 fc4f 0a01 34 1104 0300 ddb1 32 0300 4112 31 0300 4112 33",
                },
                {note: "an RPC payload beyond its envelope", in: "0700 15e5 01c124 0a09", close: "truncated_field"},
                {note: "an RPC field twice", in: "0800 15e5 01c124 01c124", close: "duplicate_key"},
                {note: "an RPC number of eleven bytes", in: "0f00 15e5 11 ffffffffffffffffffff 01 00", close: "varint_too_long"},
                {note: "an RPC field of another wire type", in: "0400 15e5 0d 00", close: "malformed_body"},
                {note: "an RPC call id as bytes", in: "0500 15e5 12 01 01", close: "malformed_body"},
                {note: "an empty payload", in: "0200 4112", events: [{kind: "request"}]},
                {
                  note: "pushes by name", routes: {"proto.ChatACK": "Chat/OnChat", "tests.TestEchoACK": "Test/OnEcho"},
                  send: [{kind: "push", route: "Chat/OnChat"}, {kind: "push", route: "Test/OnEcho"}],
                  out: "0200 51aa 0200 afe3",
                },
                {note: "a length that does not cover the id", in: "0100 41", close: "frame_too_small"},
                {note: "no length", in: "0000", close: "empty_frame"},
              ],
            }

            """#
        ),
        (
            "firefly.json5",
            #"""
            // Firefly: 17 bytes of head, then a body. The length counts the command and the body.
            //
            //   00 00 00 00 | 00    | 00 00 00 00 | 00 00 00 09 | 00 00 00 01 | 61 73 64 66 65
            //   magic       | proto | server      | size        | command     | payload
            //
            // There is no place for an error, and a body is whatever clients and modules agree upon. An error is {"Error":"text"} under
            // the request's command; `?errors=frame:7` sends it under command 7, `?errors=nothing` not at all, as Firefly's own servers
            // do, and `?errors=close` ends the connection. A command that leads nowhere gets no answer, as from Firefly's own servers:
            // its client waits. A `route` of the listener's takes all of those.
            {
              summary: "Firefly: magic, versions, a length, a command, bytes",
              parameters: {
                h0: {default: 0, max: 255}, h1: {default: 0, max: 255}, h2: {default: 0, max: 255}, h3: {default: 0, max: 255},
                proto: {default: 0, max: 255}, server: {default: 0}, errors: {default: "json"},
              },
              errors: "$errors",
              limits: {max_frame: 65553},
              frame: [
                {name: "h0", type: "u8", is: "$h0"},
                {name: "h1", type: "u8", is: "$h1"},
                {name: "h2", type: "u8", is: "$h2"},
                {name: "h3", type: "u8", is: "$h3"},
                {name: "proto", type: "u8", is: "$proto", unsupported: "version"},
                {name: "server", type: "u32", is: "$server", unsupported: "version"},
                {name: "size", type: "u32", counts: "after", min: 4},
                {name: "code", type: "u32"},
                {name: "payload", type: "bytes", len: "rest"},
              ],
              routes: {by: "number"},
              kinds: {request: {}, response: {}, push: {}},
              vectors: [
                {
                  note: "command 1 and its answer, from the real server",
                  routes: {"1": "Game/HD_One"},
                  in: "00000000 00 00000000 00000009 00000001 6173646665",
                  events: [{kind: "request", route: "Game/HD_One", payload: "asdfe"}],
                  send: [{kind: "response", payload: "欢迎"}],
                  out: "00000000 00 00000000 0000000a 00000001 e6aca2e8bf8e",
                },
                {
                  note: "a push under topic 111, from the real server",
                  send: [{kind: "push", route: "111", payload: "asdfe"}],
                  out: "00000000 00 00000000 00000009 0000006f 6173646665",
                },
                {
                  note: "other numbers in the head", parameters: {h0: "78", h3: "1", proto: "5", server: "258"},
                  in: "4e000001 05 00000102 00000004 00000001", events: [{kind: "request"}],
                },
                {note: "wrong magic", in: "01000000 00 00000000 00000009 00000001 6173646665", close: "wrong_constant"},
                {note: "wrong protocol version", in: "00000000 05 00000000 00000004 00000001", close: "unsupported_protocol"},
                {note: "wrong server version", in: "00000000 00 00000001 00000004 00000001", close: "unsupported_protocol"},
                {note: "a length that does not cover the command", in: "00000000 00 00000000 00000003 00000001", close: "frame_too_small"},
                {note: "far too long", in: "00000000 00 00000000 7fffffff", close: "frame_too_large"},
                {note: "half a head", in: "00000000 000000", rest: 7},
              ],
            }

            """#
        ),
        (
            "int16.json5",
            #"""
            // Twisted's Int16StringReceiver: a length, then so many bytes. No route, no id; an empty string is a message too.
            //
            //   0005 | 68 65 6c 6c 6f        "hello"
            //   size | payload
            {
              summary: "Twisted Int16StringReceiver: a length of 16 bits, a payload",
              limits: {max_frame: 65537},
              parameters: {errors: ["json", "nothing", "close"]},
              errors: "$errors",
              frame: [
                {name: "size", type: "u16", counts: "after"},
                {name: "payload", type: "bytes", len: "rest"},
              ],
              vectors: [
                {
                  note: "Twisted's client: \"\", \"hello\", {\"a\":1}",
                  in: ["0000", "0005", {text: "hello"}, "0007", {text: '{"a":1}'}],
                  events: [
                    {kind: "request", payload: ""}, {kind: "request", payload: "hello"}, {kind: "request", payload: '{"a":1}'},
                  ],
                  send: [
                    {kind: "response", payload: "", request: 0}, {kind: "response", payload: "hello", request: 1},
                    {kind: "response", payload: '{"a":1}', request: 2},
                  ],
                  out: ["0000", "0005", {text: "hello"}, "0007", {text: '{"a":1}'}],
                },
                {note: "a frame that is not whole", in: "00036161", rest: 4},
              ],
            }

            """#
        ),
        (
            "int32.json5",
            #"""
            // Twisted's Int32StringReceiver: a length, then so many bytes. No route, no id; an empty string is a message too.
            //
            //   00000005 | 68 65 6c 6c 6f        "hello"
            //   size | payload
            {
              summary: "Twisted Int32StringReceiver: a length of 32 bits, a payload",
              limits: {max_payload: 99999},
              parameters: {errors: ["json", "nothing", "close"]},
              errors: "$errors",
              frame: [
                {name: "size", type: "u32", counts: "after"},
                {name: "payload", type: "bytes", len: "rest"},
              ],
              vectors: [
                {
                  note: "Twisted's client: \"\", \"hello\", {\"a\":1}",
                  in: ["00000000", "00000005", {text: "hello"}, "00000007", {text: '{"a":1}'}],
                  events: [
                    {kind: "request", payload: ""}, {kind: "request", payload: "hello"}, {kind: "request", payload: '{"a":1}'},
                  ],
                  send: [
                    {kind: "response", payload: "", request: 0}, {kind: "response", payload: "hello", request: 1},
                    {kind: "response", payload: '{"a":1}', request: 2},
                  ],
                  out: ["00000000", "00000005", {text: "hello"}, "00000007", {text: '{"a":1}'}],
                },
                {note: "a frame that is not whole", in: "000000036161", rest: 6},
                {note: "above 99999, refused before the body comes", in: "000186a0", close: "frame_too_large"},
                {note: "the largest", in: "0001869f", rest: 4},
              ],
            }

            """#
        ),
        (
            "int8.json5",
            #"""
            // Twisted's Int8StringReceiver: a length, then so many bytes. No route, no id; an empty string is a message too.
            //
            //   05 | 68 65 6c 6c 6f        "hello"
            //   size | payload
            {
              summary: "Twisted Int8StringReceiver: a length of 8 bits, a payload",
              parameters: {errors: ["json", "nothing", "close"]},
              errors: "$errors",
              frame: [
                {name: "size", type: "u8", counts: "after"},
                {name: "payload", type: "bytes", len: "rest"},
              ],
              vectors: [
                {
                  note: "Twisted's client: \"\", \"hello\", {\"a\":1}",
                  in: ["00", "05", {text: "hello"}, "07", {text: '{"a":1}'}],
                  events: [
                    {kind: "request", payload: ""}, {kind: "request", payload: "hello"}, {kind: "request", payload: '{"a":1}'},
                  ],
                  send: [
                    {kind: "response", payload: "", request: 0}, {kind: "response", payload: "hello", request: 1},
                    {kind: "response", payload: '{"a":1}', request: 2},
                  ],
                  out: ["00", "05", {text: "hello"}, "07", {text: '{"a":1}'}],
                },
                {note: "a frame that is not whole", in: "036161", rest: 3},
              ],
            }

            """#
        ),
        (
            "kbengine.json5",
            #"""
            // KBEngine, loginapp and baseapp on one port, as clients of 2.x speak it.
            //
            //   2e 01 | 0a 00 | 07 00 00 00 | 00 00     | 03 00 | 01 02        call method 3 of entity 7
            //   msg   | size  | entity      | component | code  | payload
            //
            // There is no outer frame: some messages have a length behind their number, others a fixed size and none. Whoever logs in
            // is let in and gets one proxy; calls of its methods are requests under the method's number. An answer or a push is a call
            // of the client's method; `"3": "Avatar/HD_Move -> 12"` answers with the client's method 12.
            //
            // A login reaches the gateway's authenticate hook, with the account as user name: at the loginapp, and once more at the baseapp,
            // which is another connection. Refused, it is answered with the error 4, "wrong name or password".
            //
            // There is no place for an error: arguments that are not those of the client's method make it fail, so a call that fails
            // gets no answer. `?errors=frame:13` calls the client's method 13 with {"Error":"text"} for its bytes, `?errors=json` the
            // method of the answer, and `?errors=close` ends the connection.
            //
            // Clients name a component and a method in two bytes each. What they are told names them in one byte each, as the engine does
            // where an entity has fewer than 256 methods (its aliases, on by default); `?ids=u16` is for an engine with aliases off
            // (`entitydefAliasID` in kbengine.xml), and for entities with more. The JS plugin of 1.x knows no components.
            {
              summary: "KBEngine: hello, login, proxy, entity calls",
              order: "le",
              parameters: {
                // Where the login sends clients on to: here, unless the listener says another place.
                ip: {default: "127.0.0.1", listener: "host"}, port: {default: 20015, max: 65535, listener: "port"},
                udp: {default: 0, max: 65535},
                data: {default: "sd"}, entity: {default: 7, max: 2147483647}, entity_type: {default: "Account"},
                ids: ["u8", "u16"], errors: {default: "nothing"},
                md5: {default: "pppp"}, def_md5: {default: "eeee"}, kick_code: {default: 20, max: 65535},
              },
              errors: "$errors",
              login: {user: "account", password: "password"},
              limits: {max_frame: 65540},
              in: [
                {
                  name: "msg", type: "u16",
                  enum: {
                    create: 2, login: 3, hello: [4, 200], import: [5, 207], import_definition: 208, import_errors: 8, tick: [11, 206],
                    logout: 24, update: 27, login_base: 202, relogin: 204, call: [302, 205],
                  },
                },
                {
                  // FFFF: the real length follows.
                  name: "size", type: "u16", counts: "after", escape: "u32",
                  when: {msg: ["create", "login", "hello", "update", "login_base", "relogin", "call"]},
                },
                {
                  type: "group", when: {msg: "hello"},
                  fields: [
                    {name: "version", type: "bytes", until: "\0"},
                    {name: "script", type: "bytes", until: "\0"},
                    // A key asks for Blowfish, which is not spoken here.
                    {name: "key", type: "bytes", len: "u32", unsupported: "encryption"},
                  ],
                },
                {
                  type: "group", when: {msg: "login"},
                  fields: [{name: "client", type: "u8"}, {name: "data", type: "bytes", len: "u32"}],
                },
                {
                  type: "group", when: {msg: ["login", "login_base", "relogin"]},
                  fields: [
                    {name: "account", type: "bytes", until: "\0"},
                    {name: "password", type: "bytes", until: "\0"},
                  ],
                },
                {
                  type: "group", when: {msg: "call"},
                  fields: [{name: "entity", type: "u32"}, {name: "component", type: "u16"}, {name: "code", type: "u16"}],
                },
                {name: "session", type: "bytes", len: 12, when: {msg: "logout"}},
                {
                  name: "payload", type: "bytes", len: "rest",
                  when: {msg: ["create", "login", "hello", "update", "login_base", "relogin", "call"]},
                },
              ],
              out: [
                {
                  name: "msg", type: "u16",
                  enum: {
                    errors: 63, again: 71, tick: 72, account: 501, login_ok: 502, login_failed: 503, created: 504, base_failed: 505, call: 506, kicked: 517, messages: 518,
                    definition: 519, hello: 521,
                  },
                },
                {
                  name: "size", type: "u16", counts: "after", escape: "u32",
                  when: {
                    msg: [
                      "errors", "again", "account", "login_ok", "login_failed", "created", "call", "messages", "definition", "hello",
                    ],
                  },
                },
                {
                  type: "group", when: {msg: "hello"},
                  fields: [
                    {name: "version", type: "bytes", until: "\0"},
                    {name: "script", type: "bytes", until: "\0"},
                    {name: "md5", type: "bytes", until: "\0"},
                    {name: "def_md5", type: "bytes", until: "\0"},
                    {name: "app", type: "u32"},
                  ],
                },
                {
                  type: "group", when: {msg: "login_ok"},
                  fields: [
                    {name: "account", type: "bytes", until: "\0"},
                    {name: "ip", type: "bytes", until: "\0"},
                    {name: "port", type: "u16"},
                    {name: "udp", type: "u16"},
                    {name: "data", type: "bytes", len: "u32"},
                  ],
                },
                {
                  type: "group", when: {msg: "created"},
                  fields: [
                    {name: "uuid", type: "bytes", len: 8},
                    {name: "entity", type: "u32"},
                    {name: "entity_type", type: "bytes", until: "\0"},
                  ],
                },
                {
                  type: "group", when: {msg: "call"},
                  fields: [
                    {name: "entity", type: "u32"},
                    {name: "component", type: "$ids"},
                    {name: "code", type: "$ids"},
                    {name: "payload", type: "bytes", len: "rest"},
                  ],
                },
                {name: "table", type: "bytes", len: "rest", when: {msg: ["errors", "again", "account", "messages", "definition"]}},
                {name: "reason", type: "u16", when: {msg: ["kicked", "base_failed", "login_failed"]}},
                {name: "extra", type: "bytes", len: "u32", when: {msg: "login_failed"}},
              ],
              routes: {by: "number"},
              kinds: {
                request: {msg: "call"},
                hello: {msg: "hello"},
                login: {msg: "login"},
                proxy: {msg: "login_base"},
                tick: {msg: "tick"},
                errors: {msg: "import_errors"},
                import: {msg: "import"},
                define: {msg: "import_definition"},
                create: {msg: "create"},
                relogin: {msg: "relogin"},
                update: {msg: "update"},
                logout: {msg: "logout"},
                response: {msg: "call", entity: "$entity"},
                push: {msg: "call", entity: "$entity"},
                kick: {msg: "kicked", reason: "$kick_code"},
              },
              states: {
                outside: {
                  hello: "reply hello", login: ["login not_in", "reply login_ok"], create: "reply account",
                  proxy: ["login no_proxy", "reply created", "goto inside"],
                  relogin: ["login no_proxy", "reply again", "goto inside"], tick: "reply tick", errors: "reply errors", import: "reply messages",
                  define: "reply definition", else: "close",
                },
                inside: {
                  request: "deliver", hello: "reply hello", tick: "reply tick", errors: "reply errors", import: "reply messages",
                  define: "reply definition", update: "ignore", logout: "goodbye", else: "close",
                },
              },
              replies: {
                hello: {
                  msg: "hello", version: "$in.version", script: "$in.script", md5: "$md5", def_md5: "$def_md5", app: 8,
                },
                login_ok: {msg: "login_ok", account: "$in.account", ip: "$ip", port: "$port", udp: "$udp", data: "$data"},
                created: {
                  msg: "created", uuid: {hex: "8877665544332211"}, entity: "$entity", entity_type: "$entity_type",
                },
                not_in: {msg: "login_failed", reason: 4},
                no_proxy: {msg: "base_failed", reason: 4},
                tick: {msg: "tick"},
                // The account is there: error 0, no data.
                account: {msg: "account", table: {hex: "0000 00000000"}},
                again: {msg: "again", table: {hex: "8877665544332211"}},
                // Codes with their names and texts; kbengine.js breaks at a kick with a code that is not among them.
                errors: {
                  msg: "errors",
                  table: {
                    join: [
                      {hex: "0700"},
                      {hex: "0000 07000000"}, {text: "SUCCESS"}, {hex: "02000000"}, {text: "ok"},
                      {hex: "0400 18000000"}, {text: "SERVER_ERR_NAME_PASSWORD"}, {hex: "16000000"}, {text: "wrong name or password"},
                      {hex: "0800 0f000000"}, {text: "SERVER_ERR_BUSY"}, {hex: "08000000"}, {text: "too busy"},
                      {hex: "0900 20000000"}, {text: "SERVER_ERR_ACCOUNT_LOGIN_ANOTHER"}, {hex: "13000000"}, {text: "logged in elsewhere"},
                      {hex: "0d00 1a000000"}, {text: "SERVER_ERR_IN_SHUTTINGDOWN"}, {hex: "10000000"}, {text: "the server stops"},
                      {hex: "1300 14000000"}, {text: "SERVER_ERR_OP_FAILED"}, {hex: "06000000"}, {text: "failed"},
                      {hex: "1400 17000000"}, {text: "SERVER_ERR_SRV_STARTING"}, {hex: "18000000"}, {text: "the connection was ended"},
                    ],
                  },
                },
                // All that is spoken here: the number, the fixed size or ffff, the name, how arguments come, their types.
                messages: {
                  msg: "messages",
                  table: {
                    join: [
                      {hex: "1f00"},
                      {hex: "3f00 ffff"}, {text: "Client_onImportServerErrorsDescr\0"}, {hex: "ff00"},
                      {hex: "4700 ffff"}, {text: "Client_onReloginBaseappSuccessfully\0"}, {hex: "ff00"},
                      {hex: "4800 0000"}, {text: "Client_onAppActiveTickCB\0"}, {hex: "0000"},
                      {hex: "f501 ffff"}, {text: "Client_onCreateAccountResult\0"}, {hex: "ff00"},
                      {hex: "f601 ffff"}, {text: "Client_onLoginSuccessfully\0"}, {hex: "ff00"},
                      {hex: "f701 ffff"}, {text: "Client_onLoginFailed\0"}, {hex: "ff00"},
                      {hex: "f801 ffff"}, {text: "Client_onCreatedProxies\0"}, {hex: "0003050801"},
                      {hex: "f901 0200"}, {text: "Client_onLoginBaseappFailed\0"}, {hex: "000103"},
                      {hex: "fa01 ffff"}, {text: "Client_onRemoteMethodCall\0"}, {hex: "ff00"},
                      {hex: "0502 0200"}, {text: "Client_onKicked\0"}, {hex: "000103"},
                      {hex: "0602 ffff"}, {text: "Client_onImportClientMessages\0"}, {hex: "ff00"},
                      {hex: "0702 ffff"}, {text: "Client_onImportClientEntityDef\0"}, {hex: "ff00"},
                      {hex: "0902 ffff"}, {text: "Client_onHelloCB\0"}, {hex: "ff00"},
                      {hex: "0a02 ffff"}, {text: "Client_onScriptVersionNotMatch\0"}, {hex: "ff00"},
                      {hex: "0b02 ffff"}, {text: "Client_onVersionNotMatch\0"}, {hex: "ff00"},
                      {hex: "0200 ffff"}, {text: "Loginapp_reqCreateAccount\0"}, {hex: "0000"},
                      {hex: "0300 ffff"}, {text: "Loginapp_login\0"}, {hex: "0000"},
                      {hex: "0400 ffff"}, {text: "Loginapp_hello\0"}, {hex: "0000"},
                      {hex: "0500 0000"}, {text: "Loginapp_importClientMessages\0"}, {hex: "0000"},
                      {hex: "0800 0000"}, {text: "Loginapp_importServerErrorsDescr\0"}, {hex: "0000"},
                      {hex: "0b00 0000"}, {text: "Loginapp_onClientActiveTick\0"}, {hex: "0000"},
                      {hex: "1800 0c00"}, {text: "Baseapp_logoutBaseapp\0"}, {hex: "0000"},
                      {hex: "1b00 ffff"}, {text: "Baseapp_onUpdateDataFromClient\0"}, {hex: "0000"},
                      {hex: "c800 ffff"}, {text: "Baseapp_hello\0"}, {hex: "0000"},
                      {hex: "ca00 ffff"}, {text: "Baseapp_loginBaseapp\0"}, {hex: "0000"},
                      {hex: "cc00 ffff"}, {text: "Baseapp_reloginBaseapp\0"}, {hex: "0000"},
                      {hex: "cd00 ffff"}, {text: "Baseapp_onRemoteCallCellMethodFromClient\0"}, {hex: "0000"},
                      {hex: "ce00 0000"}, {text: "Baseapp_onClientActiveTick\0"}, {hex: "0000"},
                      {hex: "cf00 0000"}, {text: "Baseapp_importClientMessages\0"}, {hex: "0000"},
                      {hex: "d000 0000"}, {text: "Baseapp_importClientEntityDef\0"}, {hex: "0000"},
                      {hex: "2e01 ffff"}, {text: "Entity_onRemoteMethodCall\0"}, {hex: "0000"},
                    ],
                  },
                },
                // No entity is defined.
                definition: {msg: "definition", table: {hex: "0000"}},
              },
              timers: {idle: "60s", handshake: "60s"},
              vectors: [
                {
                  note: "enki: hello of 2.5.12",
                  in: "0400 1100 322e352e313200 302e312e3000 00000000",
                  out: "0902 1b00 322e352e313200 302e312e3000 7070707000 6565656500 08000000",
                },
                {
                  note: "kbengine.js: hello of 1.3.13",
                  in: "0400 1100 312e332e313300 302e312e3000 00000000",
                  out: "0902 1b00 312e332e313300 302e312e3000 7070707000 6565656500 08000000",
                },
                {
                  note: "login of \"acct\", the optional text at its end",
                  in: "0300 0d00 00 00000000 6163637400 3100 00",
                  out: "f601 1900 6163637400 3132372e302e302e3100 2f4e 0000 02000000 7364",
                },
                {
                  note: "login of \"bot1\"",
                  in: "0300 0d00 00 00000000 626f743100 3100 00",
                  out: "f601 1900 626f743100 3132372e302e302e3100 2f4e 0000 02000000 7364",
                },
                {
                  note: "a login that is refused, at the loginapp", refuse: "login", in: "0300 0d00 00 00000000 626f743100 3100 00",
                  out: "f701 0600 0400 00000000", close: "refused",
                },
                {
                  note: "a login that is refused, at the baseapp", refuse: "login", in: "ca00 0700 626f743100 3100 ce00",
                  out: "f901 0400", close: "refused",
                },
                {note: "tick and its answer, both apps", in: "0b00 ce00", out: "4800 4800"},
                {
                  note: "the proxy, then a call of its method 3, and an answer by the client's method 12",
                  routes: {"3": "Avatar/HD_Move -> 12", "9": "Avatar/OnMove"},
                  in: "ca00 0700 626f743100 3100 2e01 0a00 07000000 0000 0300 0102",
                  events: [{kind: "request", route: "Avatar/HD_Move", payload_hex: "0102"}],
                  send: [
                    {kind: "response", payload_hex: "03"}, {kind: "push", route: "Avatar/OnMove", payload_hex: "04"},
                    {kind: "kick", payload: "{}"},
                  ],
                  out: "f801 1400 8877665544332211 07000000 4163636f756e7400 fa01 0700 07000000 00 0c 03 fa01 0700 07000000 00 09 04 0502 1400",
                },
                {
                  note: "the same where methods are named in two bytes", parameters: {ids: "u16"},
                  routes: {"3": "Avatar/HD_Move -> 300", "9": "Avatar/OnMove"},
                  in: "ca00 0700 626f743100 3100 2e01 0a00 07000000 0000 0300 0102",
                  events: [{kind: "request", route: "Avatar/HD_Move", payload_hex: "0102"}],
                  send: [{kind: "response", payload_hex: "03"}, {kind: "push", route: "Avatar/OnMove", payload_hex: "04"}],
                  out: "f801 1400 8877665544332211 07000000 4163636f756e7400 fa01 0900 07000000 0000 2c01 03 fa01 0900 07000000 0000 0900 04",
                },
                {
                  note: "a call that fails gets no answer",
                  in: "ca00 0700 626f743100 3100 2e01 0a00 07000000 0000 0300 0102", events: [{kind: "request", payload_hex: "0102"}],
                  send: [{kind: "error", payload: "no"}],
                  out: "f801 1400 8877665544332211 07000000 4163636f756e7400",
                },
                {
                  note: "an error by a method of its own", parameters: {errors: "frame:13"},
                  in: "ca00 0700 626f743100 3100 2e01 0a00 07000000 0000 0300 0102", events: [{kind: "request", payload_hex: "0102"}],
                  send: [{kind: "error", payload: "no"}],
                  out: ["f801 1400 8877665544332211 07000000 4163636f756e7400 fa01 1400 07000000 00 0d", {text: '{"Error":"no"}'}],
                },
                {
                  note: "the messages, of either app", in: "0500", out: [
                    "0602eb031f003f00ffff436c69656e745f6f6e496d706f72745365727665724572726f7273446573637200ff004700ff",
                    "ff436c69656e745f6f6e52656c6f67696e426173656170705375636365737366756c6c7900ff0048000000436c69656e",
                    "745f6f6e4170704163746976655469636b4342000000f501ffff436c69656e745f6f6e4372656174654163636f756e74",
                    "526573756c7400ff00f601ffff436c69656e745f6f6e4c6f67696e5375636365737366756c6c7900ff00f701ffff436c",
                    "69656e745f6f6e4c6f67696e4661696c656400ff00f801ffff436c69656e745f6f6e4372656174656450726f78696573",
                    "000003050801f9010200436c69656e745f6f6e4c6f67696e426173656170704661696c656400000103fa01ffff436c69",
                    "656e745f6f6e52656d6f74654d6574686f6443616c6c00ff0005020200436c69656e745f6f6e4b69636b656400000103",
                    "0602ffff436c69656e745f6f6e496d706f7274436c69656e744d6573736167657300ff000702ffff436c69656e745f6f",
                    "6e496d706f7274436c69656e74456e7469747944656600ff000902ffff436c69656e745f6f6e48656c6c6f434200ff00",
                    "0a02ffff436c69656e745f6f6e53637269707456657273696f6e4e6f744d6174636800ff000b02ffff436c69656e745f",
                    "6f6e56657273696f6e4e6f744d6174636800ff000200ffff4c6f67696e6170705f7265714372656174654163636f756e",
                    "740000000300ffff4c6f67696e6170705f6c6f67696e0000000400ffff4c6f67696e6170705f68656c6c6f0000000500",
                    "00004c6f67696e6170705f696d706f7274436c69656e744d65737361676573000000080000004c6f67696e6170705f69",
                    "6d706f72745365727665724572726f727344657363720000000b0000004c6f67696e6170705f6f6e436c69656e744163",
                    "746976655469636b00000018000c00426173656170705f6c6f676f7574426173656170700000001b00ffff4261736561",
                    "70705f6f6e5570646174654461746146726f6d436c69656e74000000c800ffff426173656170705f68656c6c6f000000",
                    "ca00ffff426173656170705f6c6f67696e42617365617070000000cc00ffff426173656170705f72656c6f67696e4261",
                    "7365617070000000cd00ffff426173656170705f6f6e52656d6f746543616c6c43656c6c4d6574686f6446726f6d436c",
                    "69656e74000000ce000000426173656170705f6f6e436c69656e744163746976655469636b000000cf00000042617365",
                    "6170705f696d706f7274436c69656e744d65737361676573000000d0000000426173656170705f696d706f7274436c69",
                    "656e74456e746974794465660000002e01ffff456e746974795f6f6e52656d6f74654d6574686f6443616c6c000000",
                  ],
                },
                {note: "no definitions of entities", in: "d000", out: "0702 0200 0000"},
                {
                  note: "the names of errors", in: "0800", out: [
                    "3f003c01070000000700000053554343455353020000006f6b",
                    "0400 18000000", {text: "SERVER_ERR_NAME_PASSWORD"}, "16000000", {text: "wrong name or password"},
                    "08000f0000005345525645525f4552525f425553590800",
                    "0000746f6f20627573790900200000005345525645525f4552525f4143434f554e545f4c4f47494e5f414e4f54484552",
                    "130000006c6f6767656420696e20656c736577686572650d001a0000005345525645525f4552525f494e5f5348555454",
                    "494e47444f574e10000000746865207365727665722073746f70731300140000005345525645525f4552525f4f505f46",
                    "41494c4544060000006661696c65641400170000005345525645525f4552525f5352565f5354415254494e4718000000",
                    "74686520636f6e6e656374696f6e2077617320656e646564",
                  ],
                },
                {note: "an account is created", in: "0200 0c00 6100 6200 00000000 00000000", out: "f501 0600 0000 00000000"},
                {
                  note: "a login again, and a call",
                  in: "cc00 1300 626f743100 3100 8877665544332211 07000000 2e01 0a00 07000000 0000 0300 0102",
                  events: [{kind: "request", payload_hex: "0102"}],
                  out: "4700 0800 8877665544332211",
                },
                {
                  note: "a small message with the length of a long one",
                  in: "0400 ffff 11000000 322e352e313200 302e312e3000 00000000",
                  out: "0902 1b00 322e352e313200 302e312e3000 7070707000 6565656500 08000000",
                },
                {note: "an unknown message", in: "ffff", close: "unknown_kind"},
                {note: "above the limit", in: "0400 ffff 00000300", close: "frame_too_large"},
                {note: "a text beyond its frame", in: "0300 0400 00 000000", close: "truncated_field"},
                {note: "a text without an end", in: "ca00 0300 626f74", close: "truncated_field"},
                {note: "a key for Blowfish", in: "0400 0a00 3100 3200 02000000 6161", close: "encryption_unsupported"},
                {note: "a call before the login", in: "2e01 0a00 07000000 0000 0300 0102", close: "wrong_state"},
                {note: "a number cut in two", in: "0b", rest: 1},
              ],
            }

            """#
        ),
        (
            "leaf-json.json5",
            #"""
            // leaf's TCP gate with its JSON processor: a length, then an object with one key, the message's name.
            //
            //   00 19 | 7b 22 48 65 6c 6c 6f 22 3a ...        {"Hello":{"Name":"leaf"}}
            //   size  | body
            //
            // leaf knows no answers: one goes out under the name of its request. It has no place for an error either: under the request's
            // own name its clients would read one as a message without content, and a name that they do not know ends their connection. So
            // a request that fails gets no answer. `?errors=frame:Error` sends {"Error":"text"} under that name, which clients then have to
            // register; `?errors=json` sends it under the name of the request, and `?errors=close` ends the connection.
            {
              summary: "leaf with JSON: a length, an object with one key",
              parameters: {length: ["u16", "u8", "u32"], order: ["be", "le"], errors: {default: "nothing"}},
              order: "$order",
              errors: "$errors",
              // leaf's default: messages of 4096 bytes at most. A length of one byte reaches 255 by itself.
              limits: {max_payload: 4096},
              frame: [
                {name: "size", type: "$length", counts: "after", min: 1},
                {name: "body", type: "json", len: "rest", json: "single"},
              ],
              routes: {by: "name"},
              kinds: {request: {has: "route"}, response: {has: "route"}, push: {has: "route"}, kick: {has: "route"}},
              vectors: [
                {
                  note: "a message and its answer",
                  routes: {Hello: "Chat/HD_Hello"},
                  in: "0019 7b2248656c6c6f223a7b224e616d65223a226c656166227d7d",
                  events: [{kind: "request", route: "Chat/HD_Hello", payload: '{"Name":"leaf"}'}],
                  send: [{kind: "response", form: "json", payload: '{"Name":"leaf"}'}],
                  out: "0019 7b2248656c6c6f223a7b224e616d65223a226c656166227d7d",
                },
                {
                  note: "what fails gets no answer",
                  in: ["0008", {text: '{"X":[]}'}, "0008", {text: '{"X":[]}'}],
                  events: [{kind: "request", payload: "[]"}, {kind: "request", payload: "[]"}],
                  send: [{kind: "error", payload: "none", request: 0}, {kind: "response", form: "json", payload: "1", request: 1}],
                  out: ["0007", {text: '{"X":1}'}],
                },
                {
                  note: "an error under a name of its own", parameters: {errors: "frame:Error"},
                  in: ["0008", {text: '{"X":[]}'}], events: [{kind: "request", payload: "[]"}],
                  send: [{kind: "error", payload: "none"}],
                  out: ["001a", {text: '{"Error":{"Error":"none"}}'}],
                },
                {
                  note: "a name that is not configured is the listener's route, and comes back", parameters: {errors: "json"},
                  in: ["0008", {text: '{"X":[]}'}],
                  events: [{kind: "request", payload: "[]"}],
                  send: [{kind: "error", payload: "none"}],
                  out: ["0016", {text: '{"X":{"Error":"none"}}'}],
                },
                {
                  note: "a push under the client's own name",
                  routes: {Say: "Chat/OnChat"},
                  send: [{kind: "push", route: "Chat/OnChat", form: "json", payload: "1"}],
                  out: ["0009", {text: '{"Say":1}'}],
                },
                {
                  note: "the lowest byte first", parameters: {length: "u32", order: "le"},
                  in: ["09000000", {text: '{"A/B":1}'}], events: [{kind: "request", route: "A/B", payload: "1"}],
                },
                {note: "no bytes", in: "0000", close: "empty_frame"},
                {note: "above 4096, refused before the body comes", in: "1001", close: "frame_too_large"},
                {note: "no key", in: "0002 7b7d", close: "malformed_body"},
                {note: "two keys", in: "000d 7b2261223a312c2262223a327d", close: "malformed_body"},
              ],
            }

            """#
        ),
        (
            "leaf-pb.json5",
            #"""
            // leaf's TCP gate with its protobuf processor: a length, the message's number (its place of registration), protobuf.
            //
            //   00 08 | 00 01 | 0a 04 6c 65 61 66
            //   size  | code  | payload
            //
            // leaf knows no answers: one goes out under the number of its request. It has no place for an error either: under the request's
            // own number its clients would read one as a message without content, and a number that they do not know ends their connection. So
            // a request that fails gets no answer. `?errors=frame:7` sends {"Error":"text"} under that number, which clients then have to
            // register; `?errors=json` sends it under the number of the request, and `?errors=close` ends the connection.
            {
              summary: "leaf with protobuf: a length, a number, bytes",
              parameters: {length: ["u16", "u8", "u32"], order: ["be", "le"], errors: {default: "nothing"}},
              order: "$order",
              errors: "$errors",
              limits: {max_payload: 4096},
              frame: [
                {name: "size", type: "$length", counts: "after", min: 2},
                {name: "code", type: "u16"},
                {name: "payload", type: "bytes", len: "rest"},
              ],
              routes: {by: "number"},
              kinds: {request: {}, response: {}, push: {}},
              vectors: [
                {
                  note: "StringValue \"leaf\", and an answer",
                  routes: {"1": "Chat/HD_Say"},
                  in: "0008 0001 0a046c656166", events: [{kind: "request", route: "Chat/HD_Say", payload_hex: "0a046c656166"}],
                  send: [{kind: "response", payload_hex: "0a046c656166"}], out: "0008 0001 0a046c656166",
                },
                {
                  note: "Int32Value 300, a number that is not configured",
                  in: "0005 0000 08ac02", events: [{kind: "request", payload_hex: "08ac02"}],
                  send: [{kind: "response", payload_hex: ""}], out: "0002 0000",
                },
                {
                  note: "what fails gets no answer",
                  in: "0003 0001 61 0003 0001 62", events: [{kind: "request", payload: "a"}, {kind: "request", payload: "b"}],
                  send: [{kind: "error", payload: "no", request: 0}, {kind: "response", payload: "c", request: 1}],
                  out: "0003 0001 63",
                },
                {
                  note: "an error under a number of its own", parameters: {errors: "frame:7"},
                  in: "0003 0001 61", events: [{kind: "request", payload: "a"}], send: [{kind: "error", payload: "no"}],
                  out: ["0010 0007", {text: '{"Error":"no"}'}],
                },
                {
                  note: "an error under the number of its request", parameters: {errors: "json"},
                  in: "0003 0001 61", events: [{kind: "request", payload: "a"}], send: [{kind: "error", payload: "no"}],
                  out: ["0010 0001", {text: '{"Error":"no"}'}],
                },
                {
                  note: "a push", routes: {"7": "Chat/OnChat"},
                  send: [{kind: "push", route: "Chat/OnChat", payload: "x"}, {kind: "push", route: "Chat/Other", payload: "x"}],
                  out: "0003 0007 78",
                },
                {
                  note: "a length of four bytes, the lowest first", parameters: {length: "u32", order: "le"},
                  in: "03000000 0100 78", events: [{kind: "request", payload: "x"}],
                },
                {
                  note: "a length of one byte", parameters: {length: "u8"},
                  in: "03 0001 78", events: [{kind: "request", payload: "x"}],
                },
                {note: "no room for the number", in: "0001 00", close: "frame_too_small"},
                {note: "above 4096", in: "1001", close: "frame_too_large"},
              ],
            }

            """#
        ),
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
              parameters: {errors: ["json", "nothing", "close"]},
              errors: "$errors",
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
                  close: "malformed_body",
                },
                {
                  note: "a frame without a route",
                  in: ["00000008", {text: '{"id":1}'}],
                  close: "unknown_kind",
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
              parameters: {errors: ["json", "nothing", "close"]},
              errors: "$errors",
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
        (
            "line.json5",
            #"""
            // Lines that end with CR LF, as Twisted's LineReceiver and LineOnlyReceiver.
            //
            //   68 65 6c 6c 6f | 0d 0a        "hello"
            {
              summary: "lines that end with CR LF, 16384 bytes at most",
              limits: {max_frame: 16386},
              parameters: {errors: ["json", "nothing", "close"]},
              errors: "$errors",
              frame: [{name: "payload", type: "bytes", until: "\r\n", max: 16384}],
              vectors: [
                {
                  note: "Twisted's client: \"\", \"hello\", {\"a\":1}",
                  in: [{text: '\r\nhello\r\n{"a":1}\r\n'}],
                  events: [
                    {kind: "request", payload: ""}, {kind: "request", payload: "hello"}, {kind: "request", payload: '{"a":1}'},
                  ],
                  send: [
                    {kind: "response", payload: "", request: 0}, {kind: "response", payload: "hello", request: 1},
                    {kind: "response", payload: '{"a":1}', request: 2},
                  ],
                  out: [{text: '\r\nhello\r\n{"a":1}\r\n'}],
                },
                {
                  note: "a line feed or a carriage return alone is part of the line",
                  in: [{text: "a\nb\rc\r\r\n"}], events: [{kind: "request", payload: "a\nb\rc\r"}],
                },
                {note: "no end yet", in: [{text: "hello"}], rest: 5},
              ],
            }

            """#
        ),
        (
            "netstring.json5",
            #"""
            // Netstrings, as Twisted's NetstringReceiver: decimal digits, a colon, so many bytes, a comma.
            //
            //   35 | 3a | 68 65 6c 6c 6f | 2c        5:hello,
            //   size     payload           comma
            {
              summary: "netstrings: 5:hello,",
              limits: {max_frame: 100006},
              parameters: {errors: ["json", "nothing", "close"]},
              errors: "$errors",
              frame: [
                // Says one byte less than follows it: the comma is not counted.
                {name: "size", type: "dec", end: ":", digits: 5, counts: "after", plus: -1, max: 99999},
                {name: "payload", type: "bytes", len: "rest"},
                {type: "const", text: ","},
              ],
              vectors: [
                {
                  note: "Twisted's client: \"\", \"hello\", {\"a\":1}",
                  in: [{text: '0:,5:hello,7:{"a":1},'}],
                  events: [
                    {kind: "request", payload: ""}, {kind: "request", payload: "hello"}, {kind: "request", payload: '{"a":1}'},
                  ],
                  send: [
                    {kind: "response", payload: "", request: 0}, {kind: "response", payload: "hello", request: 1},
                    {kind: "response", payload: '{"a":1}', request: 2},
                  ],
                  out: [{text: '0:,5:hello,7:{"a":1},'}],
                },
                {note: "a zero in front", in: [{text: "05:"}], close: "malformed_length"},
                {note: "another byte than the comma", in: [{text: "5:hellox"}], close: "wrong_terminator"},
                {note: "above 99999, refused before the colon comes", in: [{text: "100000:"}], close: "frame_too_large"},
                {note: "no digit", in: [{text: "x:"}], close: "malformed_length"},
                {note: "no digits at all", in: [{text: ":"}], close: "malformed_length"},
                {note: "not whole", in: [{text: "5:hell"}], rest: 6},
              ],
            }

            """#
        ),
        (
            "photon-json.json5",
            #"""
            // Photon's JSON protocol: a text frame whose length counts UTF-16 units, not bytes. Its clients speak it over WebSocket.
            //
            //   ~m~43~m~~j~{"req":230,"vals":[224,"app",220,"1.0"]}
            //
            // The first thing the server says is a session id, without ~j~. Routes are operation codes.
            {
              summary: "Photon JSON: requests, answers, events, ping",
              limits: {max_frame: 65536},
              in: [
                {type: "const", text: "~m~"},
                {name: "size", type: "dec", end: "~m~", digits: 6, counts: "after", unit: "utf16"},
                {type: "const", text: "~j~"},
                {name: "body", type: "json", len: "rest", json: {code: "req", payload: "vals", irq: "irq"}},
              ],
              out: [
                {type: "const", text: "~m~"},
                {name: "size", type: "dec", end: "~m~", digits: 6, counts: "after", unit: "utf16"},
                {type: "const", text: "~j~"},
                {
                  name: "body", type: "json", len: "rest",
                  json: {res: "res", evt: "evt", irs: "irs", err: "err", error: "msg", payload: "vals"},
                },
              ],
              routes: {by: "number"},
              kinds: {
                request: {has: "code"},
                ping: {has: "irq"},
                response: {has: ["res", "err", "error", "payload"], res: "$code", err: 0, error: ""},
                error: {has: ["res", "err", "error", "payload"], res: "$code", err: {fault_code: 1}, payload: {json: []}},
                push: {has: ["evt", "payload"], evt: "$code"},
              },
              states: {ready: {request: "deliver", ping: "reply pong", else: "close"}},
              on_open: "reply hello",
              replies: {
                hello: {raw: {text: "~m~6~m~sess-1"}},
                pong: {
                  has: ["irs", "err", "error", "payload"], irs: 1, err: 0, error: "",
                  payload: {join: ["[1,", "$in.payload[1]", ",2,", "$now_ms", "]"]},
                },
              },
              timers: {idle: "30s"},
              vectors: [
                {
                  note: "operation 230 and its answer, 53 bytes and 51 units",
                  routes: {"230": "Game/HD_Auth", "226": "Game/OnStats"},
                  in: [{text: '~m~43~m~~j~{"req":230,"vals":[224,"app",220,"1.0"]}'}],
                  events: [{kind: "request", route: "Game/HD_Auth", payload: '[224,"app",220,"1.0"]'}],
                  send: [
                    {kind: "response", form: "json", payload: '[255,"ok 中"]'},
                    {kind: "push", route: "Game/OnStats", form: "json", payload: "[229,10]"},
                  ],
                  out: [
                    {text: '~m~6~m~sess-1~m~51~m~~j~{"res":230,"err":0,"msg":"","vals":[255,"ok 中"]}'},
                    {text: '~m~30~m~~j~{"evt":226,"vals":[229,10]}'},
                  ],
                },
                {
                  note: "a ping", now_ms: 123456,
                  in: [{text: '~m~28~m~~j~{"irq":1,"vals":[1,3159]}'}],
                  out: [{text: '~m~6~m~sess-1~m~54~m~~j~{"irs":1,"err":0,"msg":"","vals":[1,3159,2,123456]}'}],
                },
                {
                  note: "characters of two units, and an error",
                  in: [{text: '~m~26~m~~j~{"req":7,"vals":["😀"]}'}],
                  events: [{kind: "request", payload: '["😀"]'}],
                  send: [{kind: "error", payload: "no"}],
                  out: [{text: '~m~6~m~sess-1~m~41~m~~j~{"res":7,"err":1,"msg":"no","vals":[]}'}],
                },
                {note: "fewer units than it says", in: [{text: "~m~99~m~~j~{}"}], out: [{text: "~m~6~m~sess-1"}], rest: 13},
                {note: "a zero in front", in: [{text: "~m~05~m~"}], out: [{text: "~m~6~m~sess-1"}], close: "malformed_length"},
                {note: "half a character", in: [{text: '~m~26~m~~j~{"req":7,"vals":["😀'}, "80"], out: [{text: "~m~6~m~sess-1"}], close: "invalid_text"},
              ],
            }

            """#
        ),
        (
            "photon-tcp.json5",
            #"""
            // Photon's binary protocol over TCP: two frames, told apart by their first byte. Values (GpBinary) stay as they are.
            //
            //   fb | 00 00 00 18 | 00      | 01       | f3 | 02   | ff   | 00 01 ff 73 00 08 73 6f ...
            //      | total       | channel | reliable |    | type | code | payload
            //   f0 | 00 00 12 34        a ping, its answer has the server's time in front
            //
            // Routes are operation codes; an answer goes out under the code of its request, so those of one
            // operation keep the order of their requests.
            {
              summary: "Photon binary over TCP: init, ping, operations, events",
              limits: {max_frame: 65536},
              in: [
                {name: "first", type: "u8", enum: {message: 251, ping: 240}},
                {
                  type: "group", when: {first: "message"},
                  fields: [
                    {name: "total", type: "u32", counts: "frame", min: 9},
                    {name: "channel", type: "u8"},
                    {name: "reliable", type: "u8"},
                    {type: "const", hex: "f3"},
                    {
                      name: "flags", type: "u8",
                      bits: {
                        type: {
                          at: 0, width: 7,
                          enum: {
                            init: 0, init_ok: 1, operation: 2, answer: 3, event: 4, disconnect: 5, internal: 6, internal_answer: 7,
                            message: 8, raw: 9,
                          },
                        },
                        // Encryption is not spoken here.
                        encrypted: {at: 7, unsupported: "encryption"},
                      },
                    },
                    {name: "code", type: "u8", when: {type: "operation"}},
                    // Internal operation 0 exchanges keys; 1, the other one there is, asks for nothing like it.
                    {name: "internal", type: "u8", is: 1, unsupported: "encryption", when: {type: "internal"}},
                    {name: "payload", type: "bytes", len: "rest"},
                  ],
                },
                {name: "tick", type: "u32", when: {first: "ping"}},
              ],
              out: [
                {name: "first", type: "u8", enum: {message: 251, ping: 240}},
                {
                  type: "group", when: {first: "message"},
                  fields: [
                    {name: "total", type: "u32", counts: "frame"},
                    {name: "channel", type: "u8"},
                    {name: "reliable", type: "u8"},
                    {type: "const", hex: "f3"},
                    {name: "type", type: "u8", enum: {init_ok: 1, answer: 3, event: 4}},
                    {name: "zero", type: "u8", when: {type: "init_ok"}},
                    {name: "code", type: "u8", when: {type: ["answer", "event"]}},
                    {name: "result", type: "u16", when: {type: "answer"}},
                    {name: "debug", type: "u8", enum: {none: 42, text: 115}, when: {type: "answer"}},
                    {name: "error", type: "bytes", len: "u16", when: {debug: "text"}},
                    // No parameters: a count of zero.
                    {name: "payload", type: "bytes", len: "rest", empty: "\u0000\u0000", when: {type: ["answer", "event"]}},
                  ],
                },
                {name: "server", type: "u32", when: {first: "ping"}},
                {name: "tick", type: "u32", when: {first: "ping"}},
              ],
              routes: {by: "number"},
              kinds: {
                request: {first: "message", type: "operation"},
                ping: {first: "ping"},
                init: {first: "message", type: "init"},
                disconnect: {first: "message", type: "disconnect"},
                response: {first: "message", reliable: 1, type: "answer", debug: "none"},
                error: {first: "message", reliable: 1, type: "answer", result: {fault_code: 65535}, debug: "text", payload: {hex: "0000"}},
                push: {first: "message", reliable: 1, type: "event"},
              },
              states: {
                new: {init: ["reply welcome", "goto ready"], ping: "reply pong", disconnect: "goodbye", else: "close"},
                ready: {request: "deliver", ping: "reply pong", disconnect: "goodbye", else: "close"},
              },
              replies: {
                welcome: {first: "message", reliable: 1, type: "init_ok"},
                pong: {first: "ping", server: "$now_ms", tick: "$in.tick"},
              },
              timers: {handshake: "10s", idle: "30s"},
              vectors: [
                {
                  note: "init of application \"app\", an operation, its answer, an event",
                  routes: {"255": "Game/HD_Join -> 229", "20": "Game/OnEvent"},
                  in: [
                    "fb 00000030 00 01 f3 00 01 06 01 03 00 01 07 617070 0000000000000000000000000000000000000000000000000000000000",
                    "fb 00000018 00 01 f3 02 ff 0001 ff 73 0008 736f6d6567616d65",
                  ],
                  events: [{kind: "request", route: "Game/HD_Join", payload_hex: "0001 ff 73 0008 736f6d6567616d65"}],
                  send: [
                    {kind: "response"},
                    {kind: "push", route: "Game/OnEvent", payload_hex: "0002 00 69 00000002 04 73 0003 616263"},
                  ],
                  out: [
                    "fb 0000000a 00 01 f3 01 00", "fb 0000000f 00 01 f3 03 e5 0000 2a 0000",
                    "fb 00000019 00 01 f3 04 14 0002 00 69 00000002 04 73 0003 616263",
                  ],
                },
                {
                  note: "an operation whose code is not configured, and an error",
                  in: [
                    "fb 00000030 00 01 f3 00 01 06 01 03 00 01 07 617070 0000000000000000000000000000000000000000000000000000000000",
                    "fb 00000019 00 01 f3 02 7b 0002 00 69 00000002 04 73 0003 616263",
                  ],
                  events: [{kind: "request", payload_hex: "0002 00 69 00000002 04 73 0003 616263"}],
                  send: [{kind: "error", payload: "no"}],
                  out: ["fb 0000000a 00 01 f3 01 00", "fb 00000013 00 01 f3 03 7b ffff 73 0002 6e6f 0000"],
                },
                {note: "the wish for encryption", in: "fb 0000000a 00 01 f3 06 00", close: "encryption_unsupported"},
                {note: "a disconnect", in: "fb 00000009 00 01 f3 05", close: "client_goodbye"},
                {note: "an encrypted message", in: "fb 0000000a 00 01 f3 82 ff", close: "encryption_unsupported"},
                {note: "a ping", now_ms: 22136, in: "f0 00001234", out: "f0 00005678 00001234"},
                {note: "a length that does not cover its own head", in: "fb 00000005", close: "frame_too_small"},
                {note: "a first byte that there is not", in: "aa", close: "unknown_kind"},
                {note: "above the limit", in: "fb 00010001", close: "frame_too_large"},
                {note: "not whole", in: "fb 0000000a 00", rest: 6},
                {note: "an operation before init", in: "fb 0000000a 00 01 f3 02 ff", close: "wrong_state"},
              ],
            }

            """#
        ),
        (
            "pomelo.json5",
            #"""
            // Pomelo over TCP; pitaya's and nano's clients speak it too.
            //
            //   04  | 00 00 0b | 01   | 01 | 00 02 | 7b 22 61 22 3a 31 7d        request 1 of route 2 with {"a":1}
            //   pkg | size     | flag | id | code  | payload
            //
            // A handshake of three steps comes first. The names in `routes` get numbers, in the order of their bytes from 1, which the
            // handshake announces; both sides may write the number in place of the name. libpitaya's and nano's clients read no numbers:
            // with `?dictionary=off` names stay names, and the handshake says nothing of numbers.
            //
            // libpomelo of 2013 (v1) reads a body only when it is an object or an array, and takes any other for none: with
            // `?bodies=object` a result such as "done" is sent as {"result":"done"}.
            //
            // libpitaya compresses what it sends, whatever a handshake says, until its program sets `disable_compression`: that needs a
            // build with the trait Zlib. There is nothing in a handshake that tells it that a server cannot read it.
            //
            // An error is an answer with the body {"code":500,"msg":"text"}, which is how Pomelo's servers tell one. pitaya has a bit of
            // its own for errors, which libpomelo and libpomelo2 take for a kind of message that there is not, so that they reset the
            // connection. It is set with `?errors=flag`; without it pitaya's clients get the error where they expect a result, and find
            // it by its code.
            {
              summary: "Pomelo, pitaya, nano: handshake, heartbeat, requests, pushes",
              parameters: {
                heartbeat: {default: 10, min: 1, max: 3600}, errors: ["plain", "flag"], dictionary: ["on", "off"],
                bodies: ["any", "object"],
              },
              limits: {max_frame: 65540, max_inflated: 1048576},
              frame: [
                {name: "pkg", type: "u8", enum: {handshake: 1, ack: 2, heartbeat: 3, data: 4, kick: 5}},
                {name: "size", type: "u24", counts: "after"},
                {
                  type: "group", when: {pkg: "data"},
                  fields: [
                    {
                      name: "flag", type: "u8",
                      bits: {
                        dict: {at: 0}, mtype: {at: 1, width: 3, enum: {request: 0, notify: 1, response: 2, push: 3}},
                        gzip: {at: 4}, failed: {at: 5, enum: {plain: 0, flag: 1}},
                      },
                    },
                    {name: "id", type: "varint", bytes: 5, max: 4294967295, when: {mtype: ["request", "response"]}},
                    {name: "code", type: "u16", when: {mtype: ["request", "notify", "push"], dict: 1}},
                    {name: "route", type: "bytes", len: "u8", when: {mtype: ["request", "notify", "push"], dict: 0}},
                    {
                      // pitaya's clients compress bodies; what goes out is never compressed, because the other clients cannot read it.
                      type: "group", inflate: {method: "zlib", when: {gzip: 1}},
                      // The clients parse every body: an empty one has to be JSON too.
                      fields: [
                        {
                          name: "payload", type: "bytes", len: "rest", json: "payload", values: "$bodies", empty: "{}",
                          // All clients mention `rsa` in their handshake; one with a key signs each body.
                          unsupported: "encryption", holding: '"__crypto__"',
                        },
                      ],
                    },
                  ],
                },
                {name: "text", type: "bytes", len: "rest", when: {pkg: ["handshake", "ack", "heartbeat", "kick"]}},
              ],
              routes: {by: "dictionary", split: ".", numbers: "$dictionary"},
              kinds: {
                request: {pkg: "data", mtype: "request"},
                notify: {pkg: "data", mtype: "notify"},
                heartbeat: {pkg: "heartbeat"},
                handshake: {pkg: "handshake"},
                ack: {pkg: "ack"},
                response: {pkg: "data", mtype: "response"},
                error: {pkg: "data", mtype: "response", failed: "$errors"},
                push: {pkg: "data", mtype: "push"},
                kick: {pkg: "kick"},
              },
              fault: {code: {fault_code: 500}, msg: "$fault"},
              states: {
                new: {handshake: ["reply welcome", "goto waiting"], else: "close"},
                // The JS client sends no heartbeat before it got one.
                waiting: {ack: ["goto working", "reply heartbeat"], heartbeat: "ignore", else: "close"},
                working: {heartbeat: "reply heartbeat", request: "deliver", notify: "deliver", else: "close"},
              },
              replies: {
                // The JS client reads `dict`, libpomelo2 the four others, and only where `useDict` is true.
                welcome: {
                  pkg: "handshake",
                  text: {
                    json: {
                      code: 200,
                      sys: {
                        heartbeat: "$heartbeat", dict: "$routes", routeToCode: "$routes", codeToRoute: "$route_codes",
                        dictVersion: "$routes_digest", useDict: "$has_routes",
                      },
                    },
                  },
                },
                heartbeat: {pkg: "heartbeat"},
              },
              timers: {handshake: "10s", idle: "2*$heartbeat"},
              vectors: [
                {
                  note: "JS client: handshake, ack, a heartbeat, a request by number and its answer",
                  parameters: {heartbeat: "1"},
                  routes: {"chat.onMsg": "Chat/OnMsg", "connector.entry.hello": "Chat/HD_Hello"},
                  in: [
                    "0100005a", {text: '{"sys":{"type":"js-websocket","version":"0.0.1","rsa":{},"protoVersion":0},"user":{"n":1}}'},
                    "02000000", "03000000", "0400000b 01 01 0002", {text: '{"a":1}'},
                  ],
                  events: [{kind: "request", route: "Chat/HD_Hello", payload: '{"a":1}'}],
                  send: [
                    {kind: "response", form: "json", payload: '{"code":200}'},
                    {kind: "push", route: "Chat/OnMsg", form: "json", payload: '{"m":2}'},
                  ],
                  out: [
                    "01000102", {text: '{"code":200,"sys":{"heartbeat":1,"dict":{"chat.onMsg":1,"connector.entry.hello":2},"routeToCode":{"chat.onMsg":1,"connector.entry.hello":2},"codeToRoute":{"1":"chat.onMsg","2":"connector.entry.hello"},"dictVersion":"QF6tjFhk9QjOUo+QXvtrcw==","useDict":true}}'},
                    "03000000", "03000000", "0400000e 04 01 7b22636f6465223a3230307d", "0400000a 07 0001 7b226d223a327d",
                  ],
                },
                {
                  note: "libpomelo: handshake, a request by name of three parts",
                  in: [
                    "01000026 7b22737973223a7b2276657273696f6e223a22302e332e34222c2274797065223a2263227d7d", "02000000",
                    "04000029 00 01 19 636f6e6e6563746f722e68656c6c6f48616e646c65722e6869 7b226d7367223a2268697e227d",
                  ],
                  events: [{kind: "request", route: "helloHandler/hi", payload: '{"msg":"hi~"}'}],
                  send: [{kind: "response", form: "json", payload: '{"msg":"hello"}'}],
                  out: [
                    "01000088", {text: '{"code":200,"sys":{"heartbeat":10,"dict":{},"routeToCode":{},"codeToRoute":{},"dictVersion":"mZFLkyvTelC5g8XnyQrpOw==","useDict":false}}'}, "03000000",
                    "04000011 04 01 7b226d7367223a2268656c6c6f227d",
                  ],
                },
                {
                  note: "nano: an empty handshake; a request with text of more bytes",
                  in: "01000000 02000000 04000013 00 02 05 612e622e63 7b227a223a22e4b8ad227d",
                  events: [{kind: "request", route: "b/c", payload: '{"z":"中"}'}],
                  send: [{kind: "response", form: "text", payload: "ok"}, {kind: "push", route: "onChat", form: "json", payload: '{"m":1}'}],
                  out: [
                    "01000088", {text: '{"code":200,"sys":{"heartbeat":10,"dict":{},"routeToCode":{},"codeToRoute":{},"dictVersion":"mZFLkyvTelC5g8XnyQrpOw==","useDict":false}}'},
                    "03000000 04000006 04 02 226f6b22 0400000f 06 06 6f6e43686174 7b226d223a317d",
                  ],
                },
                {
                  note: "a notify",
                  in: "01000000 02000000 0400000f 02 0b 617265612e782e6d6f7665 7b7d",
                  events: [{kind: "notify", route: "x/move", payload: "{}"}],
                  out: [
                    "01000088", {text: '{"code":200,"sys":{"heartbeat":10,"dict":{},"routeToCode":{},"codeToRoute":{},"dictVersion":"mZFLkyvTelC5g8XnyQrpOw==","useDict":false}}'},
                    "03000000",
                  ],
                },
                {
                  note: "an id of two bytes, and an empty answer",
                  in: "01000000 02000000 04000009 00 ac02 03 612e62 7b7d",
                  events: [{kind: "request", route: "a/b", payload: "{}"}],
                  send: [{kind: "response"}],
                  out: [
                    "01000088", {text: '{"code":200,"sys":{"heartbeat":10,"dict":{},"routeToCode":{},"codeToRoute":{},"dictVersion":"mZFLkyvTelC5g8XnyQrpOw==","useDict":false}}'},
                    "03000000 04000005 04 ac02 7b7d",
                  ],
                },
                {
                  note: "an error as Pomelo's servers tell it",
                  in: "01000000 02000000 04000009 00 ac02 03 612e62 7b7d",
                  events: [{kind: "request", route: "a/b", payload: "{}"}],
                  send: [{kind: "error", payload: "no"}],
                  out: [
                    "01000088", {text: '{"code":200,"sys":{"heartbeat":10,"dict":{},"routeToCode":{},"codeToRoute":{},"dictVersion":"mZFLkyvTelC5g8XnyQrpOw==","useDict":false}}'},
                    "03000000 0400001a 04 ac02 7b22636f6465223a3530302c226d7367223a226e6f227d",
                  ],
                },
                {
                  note: "an error with pitaya's bit", parameters: {errors: "flag"},
                  in: "01000000 02000000 04000009 00 ac02 03 612e62 7b7d",
                  events: [{kind: "request", route: "a/b", payload: "{}"}],
                  send: [{kind: "error", payload: "no"}],
                  out: [
                    "01000088", {text: '{"code":200,"sys":{"heartbeat":10,"dict":{},"routeToCode":{},"codeToRoute":{},"dictVersion":"mZFLkyvTelC5g8XnyQrpOw==","useDict":false}}'},
                    "03000000 0400001a 24 ac02 7b22636f6465223a3530302c226d7367223a226e6f227d",
                  ],
                },
                {
                  note: "bodies are objects or arrays", parameters: {bodies: "object"},
                  in: "01000000 02000000 04000007 00 05 03 612e62 31 04000007 00 06 03 612e62 31 04000007 00 07 03 612e62 31",
                  events: [
                    {kind: "request", route: "a/b", payload: "1"}, {kind: "request", route: "a/b", payload: "1"},
                    {kind: "request", route: "a/b", payload: "1"},
                  ],
                  send: [
                    {kind: "response", form: "text", payload: "ok", request: 0}, {kind: "response", form: "json", payload: "7", request: 1},
                    {kind: "response", form: "json", payload: " [7]", request: 2},
                  ],
                  out: [
                    "01000088", {text: '{"code":200,"sys":{"heartbeat":10,"dict":{},"routeToCode":{},"codeToRoute":{},"dictVersion":"mZFLkyvTelC5g8XnyQrpOw==","useDict":false}}'},
                    "03000000",
                    "04000011 04 05", {text: '{"result":"ok"}'}, "0400000e 04 06", {text: '{"result":7}'}, "04000006 04 07", {text: " [7]"},
                  ],
                },
                {
                  note: "names stay names, and the handshake has no numbers", parameters: {dictionary: "off"},
                  routes: {"chat.onMsg": "Chat/OnMsg", "connector.entry.hello": "Chat/HD_Hello"},
                  in: [
                    "01000000 02000000", "0400001f 00 01 15", {text: "connector.entry.hello"}, {text: '{"a":1}'},
                    "04000006 01 02 0001", {text: "{}"},
                  ],
                  events: [{kind: "request", route: "Chat/HD_Hello", payload: '{"a":1}'}, {kind: "request", payload: "{}"}],
                  send: [
                    {kind: "response", form: "json", payload: '{"code":200}'},
                    {kind: "push", route: "Chat/OnMsg", form: "json", payload: '{"m":2}'},
                  ],
                  out: [
                    "01000033", {text: '{"code":200,"sys":{"heartbeat":10,"useDict":false}}'}, "03000000",
                    "0400000e 04 01 7b22636f6465223a3230307d", "04000013 06 0a", {text: 'chat.onMsg{"m":2}'},
                  ],
                },
                {
                  note: "a kick",
                  in: "01000000 02000000 ",
                  send: [{kind: "kick", payload: '{"reason":"bye"}'}],
                  out: [
                    "01000088", {text: '{"code":200,"sys":{"heartbeat":10,"dict":{},"routeToCode":{},"codeToRoute":{},"dictVersion":"mZFLkyvTelC5g8XnyQrpOw==","useDict":false}}'},
                    "03000000 05000010 7b22726561736f6e223a22627965227d",
                  ],
                },
                {
                  note: "a number that no name has",
                  in: "01000000 02000000 04000006 01 01 0063 7b7d",
                  events: [{kind: "request", payload: "{}"}],
                  send: [{kind: "response"}],
                  out: [
                    "01000088", {text: '{"code":200,"sys":{"heartbeat":10,"dict":{},"routeToCode":{},"codeToRoute":{},"dictVersion":"mZFLkyvTelC5g8XnyQrpOw==","useDict":false}}'},
                    "03000000 04000004 04 01 7b7d",
                  ],
                },
                {
                  note: "an unknown package",
                  in: "01000000 02000000 06000000",
                  out: [
                    "01000088", {text: '{"code":200,"sys":{"heartbeat":10,"dict":{},"routeToCode":{},"codeToRoute":{},"dictVersion":"mZFLkyvTelC5g8XnyQrpOw==","useDict":false}}'},
                    "03000000",
                  ],
                  close: "unknown_kind",
                },
                {
                  note: "a package above the limit",
                  in: "01000000 02000000 01010001",
                  out: [
                    "01000088", {text: '{"code":200,"sys":{"heartbeat":10,"dict":{},"routeToCode":{},"codeToRoute":{},"dictVersion":"mZFLkyvTelC5g8XnyQrpOw==","useDict":false}}'},
                    "03000000",
                  ],
                  close: "frame_too_large",
                },
                {
                  note: "an id that does not end",
                  in: "01000000 02000000 04000002 00 80",
                  out: [
                    "01000088", {text: '{"code":200,"sys":{"heartbeat":10,"dict":{},"routeToCode":{},"codeToRoute":{},"dictVersion":"mZFLkyvTelC5g8XnyQrpOw==","useDict":false}}'},
                    "03000000",
                  ],
                  close: "truncated_field",
                },
                {
                  note: "a route beyond its frame",
                  in: "01000000 02000000 04000004 00 01 05 61",
                  out: [
                    "01000088", {text: '{"code":200,"sys":{"heartbeat":10,"dict":{},"routeToCode":{},"codeToRoute":{},"dictVersion":"mZFLkyvTelC5g8XnyQrpOw==","useDict":false}}'},
                    "03000000",
                  ],
                  close: "truncated_field",
                },
                {
                  note: "an id with a zero too many",
                  in: "01000000 02000000 04000003 00 8000",
                  out: [
                    "01000088", {text: '{"code":200,"sys":{"heartbeat":10,"dict":{},"routeToCode":{},"codeToRoute":{},"dictVersion":"mZFLkyvTelC5g8XnyQrpOw==","useDict":false}}'},
                    "03000000",
                  ],
                  close: "varint_overlong",
                },
                {
                  note: "an id of six bytes",
                  in: "01000000 02000000 04000007 00 808080808001",
                  out: [
                    "01000088", {text: '{"code":200,"sys":{"heartbeat":10,"dict":{},"routeToCode":{},"codeToRoute":{},"dictVersion":"mZFLkyvTelC5g8XnyQrpOw==","useDict":false}}'},
                    "03000000",
                  ],
                  close: "varint_too_long",
                },
                {
                  note: "an unknown kind of message",
                  in: "01000000 02000000 04000002 08 01",
                  out: [
                    "01000088", {text: '{"code":200,"sys":{"heartbeat":10,"dict":{},"routeToCode":{},"codeToRoute":{},"dictVersion":"mZFLkyvTelC5g8XnyQrpOw==","useDict":false}}'},
                    "03000000",
                  ],
                  close: "unknown_kind",
                },
                {
                  note: "no flag",
                  in: "01000000 02000000 04000000",
                  out: [
                    "01000088", {text: '{"code":200,"sys":{"heartbeat":10,"dict":{},"routeToCode":{},"codeToRoute":{},"dictVersion":"mZFLkyvTelC5g8XnyQrpOw==","useDict":false}}'},
                    "03000000",
                  ],
                  close: "truncated_field",
                },
                {
                  note: "a compressed body", needs: "zlib",
                  in: "01000000 02000000 04000015 10 05 03 612e62 78daab564a54b232ac0500082a0209",
                  events: [{kind: "request", route: "a/b", payload: '{"a":1}'}], send: [{kind: "response", form: "json", payload: "1"}],
                  out: [
                    "01000088", {text: '{"code":200,"sys":{"heartbeat":10,"dict":{},"routeToCode":{},"codeToRoute":{},"dictVersion":"mZFLkyvTelC5g8XnyQrpOw==","useDict":false}}'},
                    "03000000 04000003 04 05 31",
                  ],
                },
                {
                  note: "a compressed body that is cut off", needs: "zlib",
                  in: "01000000 02000000 04000014 10 05 03 612e62 78daab564a54b232ac0500082a02",
                  out: [
                    "01000088", {text: '{"code":200,"sys":{"heartbeat":10,"dict":{},"routeToCode":{},"codeToRoute":{},"dictVersion":"mZFLkyvTelC5g8XnyQrpOw==","useDict":false}}'},
                    "03000000",
                  ],
                  close: "corrupt_compression",
                },
                {
                  note: "a compressed body with bytes behind its end", needs: "zlib",
                  in: "01000000 02000000 04000016 10 05 03 612e62 78daab564a54b232ac0500082a020921",
                  out: [
                    "01000088", {text: '{"code":200,"sys":{"heartbeat":10,"dict":{},"routeToCode":{},"codeToRoute":{},"dictVersion":"mZFLkyvTelC5g8XnyQrpOw==","useDict":false}}'},
                    "03000000",
                  ],
                  close: "corrupt_compression",
                },
                {
                  note: "bytes that are not compressed at all", needs: "zlib",
                  in: "01000000 02000000 0400000d 10 05 03 612e62 7b2261223a317d",
                  out: [
                    "01000088", {text: '{"code":200,"sys":{"heartbeat":10,"dict":{},"routeToCode":{},"codeToRoute":{},"dictVersion":"mZFLkyvTelC5g8XnyQrpOw==","useDict":false}}'},
                    "03000000",
                  ],
                  close: "corrupt_compression",
                },
                {
                  note: "a compressed body without zlib", lacks: "zlib",
                  in: "01000000 02000000 04000015 10 05 03 612e62 78daab564a54b232ac0500082a0209",
                  out: [
                    "01000088", {text: '{"code":200,"sys":{"heartbeat":10,"dict":{},"routeToCode":{},"codeToRoute":{},"dictVersion":"mZFLkyvTelC5g8XnyQrpOw==","useDict":false}}'},
                    "03000000",
                  ],
                  close: "compression_unsupported",
                },
                {
                  note: "a kick from a client",
                  in: "01000000 02000000 05000000",
                  out: [
                    "01000088", {text: '{"code":200,"sys":{"heartbeat":10,"dict":{},"routeToCode":{},"codeToRoute":{},"dictVersion":"mZFLkyvTelC5g8XnyQrpOw==","useDict":false}}'},
                    "03000000",
                  ],
                  close: "protocol_violation",
                },
                {
                  note: "not whole",
                  in: "01000000 02000000 0300",
                  out: [
                    "01000088", {text: '{"code":200,"sys":{"heartbeat":10,"dict":{},"routeToCode":{},"codeToRoute":{},"dictVersion":"mZFLkyvTelC5g8XnyQrpOw==","useDict":false}}'},
                    "03000000",
                  ],
                  rest: 2,
                },
                {
                  note: "a second handshake",
                  in: "01000000 02000000 01000000",
                  out: [
                    "01000088", {text: '{"code":200,"sys":{"heartbeat":10,"dict":{},"routeToCode":{},"codeToRoute":{},"dictVersion":"mZFLkyvTelC5g8XnyQrpOw==","useDict":false}}'},
                    "03000000",
                  ],
                  close: "wrong_state",
                },
                {
                  note: "a body that is signed with RSA",
                  in: ["01000000 02000000 04000027 00 01 03 612e62", {text: '{"a":1,"__crypto__":"3f2a9c1b0d"}'}],
                  out: [
                    "01000088", {text: '{"code":200,"sys":{"heartbeat":10,"dict":{},"routeToCode":{},"codeToRoute":{},"dictVersion":"mZFLkyvTelC5g8XnyQrpOw==","useDict":false}}'},
                    "03000000",
                  ],
                  close: "encryption_unsupported",
                },
                {
                  note: "the same word inside a text",
                  in: ["01000000 02000000 0400001e 02 03 612e62", {text: '{"a":"\\"__crypto__\\":\\""}'}],
                  events: [{kind: "notify", route: "a/b", payload: '{"a":"\\"__crypto__\\":\\""}'}],
                  out: [
                    "01000088", {text: '{"code":200,"sys":{"heartbeat":10,"dict":{},"routeToCode":{},"codeToRoute":{},"dictVersion":"mZFLkyvTelC5g8XnyQrpOw==","useDict":false}}'},
                    "03000000",
                  ],
                },
                {note: "data before the handshake", in: "0400000b 01 01 0002 7b2261223a317d", close: "wrong_state"},
                {
                  note: "data before the ack",
                  in: "01000000 0400000b 01 01 0002 7b2261223a317d", out: [
                    "01000088", {text: '{"code":200,"sys":{"heartbeat":10,"dict":{},"routeToCode":{},"codeToRoute":{},"dictVersion":"mZFLkyvTelC5g8XnyQrpOw==","useDict":false}}'},
                  ],
                  close: "wrong_state",
                },
              ],
            }

            """#
        ),
        (
            "scut.json5",
            #"""
            // Scut over TCP: requests are a signed form, answers binary.
            //
            //   in    7c 00 00 00 | ?d=MsgId%3d2%26...%26actionId%3d1001%26name%3da%2520b%26sign%3d73f8...
            //         size        | form
            //   out   25 00 00 00 | 25 00 00 00 | 00 00 00 00 | 02 00 00 00 | 0 text | e9 03 00 00 | 2 st | payload
            //         size        | total       | error code  | MsgId       |        | action
            //
            // The parameters of a request but the reserved ones become an object of strings: {"name":"a b"}; a + is a space. Routes are
            // action ids. The key of the signature is that of the SDK's sample server; `?sign_key=` is an empty key, as the SDK's clients
            // have it before anybody sets one. A value that is no UTF-8 is answered with an error.
            // The heartbeat (action 1) is answered as an empty request.
            {
              summary: "Scut: signed forms in, binary answers out",
              order: "le",
              parameters: {
                sign_key: {default: "44CAC8ED53714BF18D60C5C7B6296000"}, st: {default: "st"},
                error_code: {default: 10000, min: 1, max: 2147483647},
                // Bytes of an answer that are not compressed yet.
                gzip_over: {default: 10240, max: 10485760},
              },
              limits: {max_payload: 10485760, max_inflated: 10485760},
              in: [
                {name: "size", type: "i32", counts: "after", min: 1},
                {name: "form", type: "native", codec: "scut-form", key: "$sign_key", len: "rest"},
              ],
              out: [
                {name: "size", type: "i32", counts: "after"},
                {
                  // Long answers are compressed; clients know them by their first bytes.
                  type: "group", inflate: {method: "gzip", sniff: "1f8b08"}, deflate: {method: "gzip", over: "$gzip_over"},
                  fields: [
                    // Says the size once more, before it is compressed: itself and all behind it.
                    {name: "total", type: "i32", counts: "frame", plus: -4},
                    {name: "failed", type: "i32"},
                    {name: "id", type: "i32"},
                    {name: "error", type: "bytes", len: "i32"},
                    {name: "code", type: "i32"},
                    {name: "st", type: "bytes", len: "i32"},
                    {name: "payload", type: "bytes", len: "rest"},
                  ],
                },
              ],
              routes: {by: "number"},
              kinds: {
                heartbeat: {code: 1, has: ["code", "id"]},
                request: {has: ["code", "id"]},
                response: {st: "$st"},
                error: {failed: {fault_code: "$error_code"}, st: "$st"},
                push: {id: 0, st: "$st"},
              },
              states: {
                // A form without an action or a message number is dropped.
                open: {heartbeat: "reply pong", request: "deliver", else: "ignore"},
              },
              replies: {pong: {id: "$id", code: 1, st: "$st"}},
              timers: {idle: "60s"},
              vectors: [
                {
                  note: "request 2, action 1001, from the C# client, and its answer",
                  routes: {"1001": "Game/HD_Say"},
                  in: [
                    "7c000000",
                    {text: "?d=MsgId%3d2%26Sid%3d%26Uid%3d0%26St%3d%26actionId%3d1001%26name%3da%2520b%26n%3d5%26sign%3d73f88415e485ce04ee5394a153b8612f"},
                  ],
                  events: [{kind: "request", route: "Game/HD_Say", payload: '{"name":"a b","n":"5"}'}],
                  send: [{kind: "response", payload_hex: "03000000 686579 07000000"}],
                  out: "25000000 25000000 00000000 02000000 00000000 e9030000 02000000 7374 03000000 686579 07000000",
                },
                {
                  note: "the same answer, compressed", needs: "zlib", parameters: {gzip_over: "36"}, routes: {"1001": "Game/HD_Say"},
                  in: [
                    "7c000000",
                    {text: "?d=MsgId%3d2%26Sid%3d%26Uid%3d0%26St%3d%26actionId%3d1001%26name%3da%2520b%26n%3d5%26sign%3d73f88415e485ce04ee5394a153b8612f"},
                  ],
                  events: [{kind: "request", route: "Game/HD_Say", payload: '{"name":"a b","n":"5"}'}],
                  send: [{kind: "response", payload_hex: "2800000068686868686868686868686868686868686868686868686868686868686868686868686868686868"}],
                  out: "25000000 1f8b0800000000000003736380002628fd9219c22e2ed10092194402006f16d25d46000000",
                },
                {
                  note: "a plus sign is a space, as for Scut's own server", routes: {"1001": "Game/HD_Say"},
                  in: ["5a000000", {text: "?d=MsgId%3D2%26actionId%3D1001%26n%3Da%2Bb%252bc%26sign%3De7a09857575b063eb3d95987d3596f84"}],
                  events: [{kind: "request", route: "Game/HD_Say", payload: '{"n":"a b+c"}'}],
                },
                {
                  note: "in the outer layer too", routes: {"1001": "Game/HD_Say"},
                  in: ["52000000", {text: "?d=MsgId%3d2%26actionId%3d1001%26n%3da+b%26sign%3da8802b449726d54e1340899bc2f97769"}],
                  events: [{kind: "request", route: "Game/HD_Say", payload: '{"n":"a b"}'}],
                },
                {
                  note: "an empty key, as the SDK ships", parameters: {sign_key: ""}, routes: {"1001": "Game/HD_Say"},
                  in: ["50000000", {text: "?d=MsgId%3D2%26actionId%3D1001%26n%3D1%26sign%3D94200e56cd8d6e37d909860db9de8d54"}],
                  events: [{kind: "request", route: "Game/HD_Say", payload: '{"n":"1"}'}],
                },
                {
                  note: "a value that is no UTF-8 ends its request alone", routes: {"1001": "Game/HD_Say"},
                  in: ["54000000", {text: "?d=MsgId%3D2%26actionId%3D1001%26n%3D%25ff%26sign%3Dd9d70529ec9a7ad2737bae3f04ac1e9a"}],
                  out: "32000000 320000001027000002000000180000007468652072657175657374206973206e6f74205554462d38e9030000020000007374",
                },
                {
                  note: "a push of action 2001",
                  routes: {"2001": "Game/OnTick"},
                  send: [{kind: "push", route: "Game/OnTick"}],
                  out: "1a000000 1a000000 00000000 00000000 00000000 d1070000 02000000 7374",
                },
                {
                  note: "an error of request 4, action 1002", parameters: {error_code: "105"},
                  in: ["63000000", {text: "?d=MsgId%3D4%26Sid%3D%26Uid%3D0%26St%3D%26actionId%3D1002%26sign%3Dca1f44817215267f5bde059f04109c07"}],
                  events: [{kind: "request", payload: "{}"}], send: [{kind: "error", payload: "bad"}],
                  out: "1d000000 1d000000 69000000 04000000 03000000 626164 ea030000 02000000 7374",
                },
                {
                  note: "the JS client's form, without case in its keys",
                  in: ["65000000", {text: "?d=MsgId%3D1%26Sid%3D%26Uid%3D0%26St%3Dst%26ActionId%3D1004%26sign%3D8155fff23490140c178214ce5430d65e"}],
                  events: [{kind: "request", payload: "{}"}],
                },
                {
                  note: "a heartbeat",
                  in: ["45000000", {text: "?d=MsgId%3D7%26actionId%3D1%26sign%3Dfaf9a41c5558fdd8c900a0cd3668aa9d"}],
                  out: "1a000000 1a000000 00000000 07000000 00000000 01000000 02000000 7374",
                },
                {
                  note: "a form behind the name of a server",
                  in: ["53000000", {text: "route:Game1?d=MsgId%3D2%26actionId%3D1001%26sign%3D8ae1ab9ec17a96ee735c1f109b6c6133"}], events: [{kind: "request", payload: "{}"}],
                },
                {note: "no action: dropped", in: ["36000000", {text: "?d=MsgId%3D7%26sign%3De3c629acbc8e54a364cecdc5b1fbf08d"}]},
                {note: "a key twice", in: ["58000000", {text: "?d=MsgId%3D7%26actionId%3D1001%26a%3D1%26A%3D2%26sign%3D125681bd457cd20d7e8d87f165f75a71"}], close: "duplicate_key"},
                {note: "a wrong signature", in: ["48000000", {text: "?d=MsgId%3D7%26actionId%3D1001%26sign%3Dd7bf77c2affb737a210c29b7c423c8eg"}], close: "bad_signature"},
                {note: "no bytes", in: "00000000", close: "empty_frame"},
                {note: "fewer than none", in: "ffffffff", close: "negative_length"},
                {note: "above 10 MiB", in: "0100a000", close: "frame_too_large"},
                {note: "no signature", in: "03000000 3f643d", close: "bad_signature"},
                {note: "another prefix", in: ["04000000", {text: "?e=x"}], close: "malformed_body"},
                {note: "a percent sign without digits", in: ["06000000", {text: "?d=%2g"}], close: "malformed_body"},
              ],
            }

            """#
        ),
        (
            "skynet-login.json5",
            #"""
            // Framing of skynet's snax.loginserver: lines that end with LF. What the lines say (key exchange, proof, token) is for a
            // module.
            //
            //   41 51 49 44 42 41 55 47 42 77 67 3d | 0a
            {
              summary: "skynet's login server, framing: lines that end with LF",
              limits: {max_frame: 8192},
              parameters: {errors: ["json", "nothing", "close"]},
              errors: "$errors",
              frame: [{name: "payload", type: "bytes", until: "\n", max: 8191}],
              vectors: [
                {
                  note: "a line each way",
                  in: [{text: "AQIDBAUGBwg=\n"}], events: [{kind: "request", payload: "AQIDBAUGBwg="}],
                  send: [{kind: "response", payload: "200 MQ=="}], out: [{text: "200 MQ==\n"}],
                },
                {
                  note: "client's key and proof",
                  in: [{text: "ISkxwPmkUxg=\n1slXWM1L31k=\n"}],
                  events: [{kind: "request", payload: "ISkxwPmkUxg="}, {kind: "request", payload: "1slXWM1L31k="}],
                },
              ],
            }

            """#
        ),
        (
            "skynet-msgserver.json5",
            #"""
            // Framing of skynet's snax.msgserver: a length, content, and the session at the end.
            //
            //   in    00 08 | 65 63 68 6f | 00 00 00 01
            //         size  | payload     | id
            //   out   00 09 | 65 63 68 6f | 01 | 00 00 00 01
            //         size  | payload     | ok | id
            {
              summary: "skynet's message server, framing: a length, content, a session",
              limits: {max_frame: 65537},
              in: [
                {name: "size", type: "u16", counts: "after", min: 5},
                {name: "payload", type: "bytes", len: "rest"},
                {name: "id", type: "u32"},
              ],
              out: [
                {name: "size", type: "u16", counts: "after"},
                {name: "payload", type: "bytes", len: "rest"},
                {name: "ok", type: "u8", enum: {error: 0, response: 1}},
                {name: "id", type: "u32"},
              ],
              kinds: {
                request: {},
                response: {ok: "response"},
                // An error says nothing but that it is one.
                error: {ok: "error", payload: {text: ""}},
              },
              vectors: [
                {
                  note: "\"echo\" in session 1",
                  in: "0008 6563686f 00000001", events: [{kind: "request", payload: "echo"}],
                  send: [{kind: "response", payload: "echo"}], out: "0009 6563686f 01 00000001",
                },
                {
                  note: "an error", in: "0005 78 00000002", events: [{kind: "request", payload: "x"}],
                  send: [{kind: "error", payload: "no such thing"}], out: "0005 00 00000002",
                },
                {note: "no room for the session", in: "0003 000001", close: "frame_too_small"},
                {note: "no content", in: "0004 00000001", close: "frame_too_small"},
              ],
            }

            """#
        ),
        (
            "skynet.json5",
            #"""
            // skynet's example protocol: a length, then a 0-packed sproto header of type and session, and the content.
            //
            //   00 04 | 15 02 04 04        request `handshake` (type 1) in session 1
            //   size  | body               unpacked 02 00 04 00 04 00 00 00
            //
            // The routes of the listener are the types of the .sproto file, in decimal digits. The content stays sproto. As in the
            // example's server, a push of type 1 goes out every five seconds; `?heartbeat=0` leaves that out, for protocols whose type 1
            // is something else.
            //
            // There is no place for an error. A request that fails is answered with content of one field, the text {"Error":"text"}, under
            // tag 1000: a client whose schema has no such tag sees an answer without values; one that wants the text adds
            // `error 1000 : string` to its responses. A type that leads nowhere gets no answer, as from skynet's own server: its client
            // waits. A `route` of the listener's takes all of those.
            {
              summary: "skynet's gate with sproto requests, answers and pushes",
              parameters: {heartbeat: {default: 5, min: 0, max: 3600}},
              limits: {max_frame: 65537},
              empty_frame: "ignore",
              frame: [
                {name: "size", type: "u16", counts: "after"},
                {name: "body", type: "native", codec: "sproto-rpc", len: "rest"},
              ],
              routes: {by: "number"},
              kinds: {
                request: {has: ["code", "id"]},
                notify: {has: "code", absent: "id"},
                response: {has: "id", absent: "code"},
                // An error is an answer whose content is one field, {"Error":"text"}, under tag 1000: a client that knows no such tag
                // sees an answer without content.
                push: {},
              },
              replies: {heartbeat: {raw: {hex: "0003 050104"}}},
              timers: {every: "$heartbeat", send: "heartbeat"},
              vectors: [
                {
                  note: "handshake, and its answer: 57 65 6c ... are \"Welcome\"",
                  routes: {"1": "Login/HD_Handshake"},
                  in: "0004 15020404", events: [{kind: "request", route: "Login/HD_Handshake", payload_hex: "0000"}],
                  send: [{kind: "response", payload_hex: "0100 0000 07000000 57656c636f6d65"}],
                  out: "000f 5502010401c40757651f6c636f6d65",
                },
                {
                  note: "set {hello, world}, and an answer without content",
                  routes: {"3": "Simple/HD_Set"},
                  in: "0014 550208060210053f68656c6c6f053e776f726c64",
                  events: [
                    {
                      kind: "request", route: "Simple/HD_Set",
                      payload_hex: "0200 0000 0000 05000000 68656c6c6f 05000000 776f726c64 0000",
                    },
                  ],
                  send: [{kind: "response"}], out: "0004 15020106",
                },
                {
                  note: "get {hello}, and its answer",
                  in: "000d 5502060801c4056865076c6c6f",
                  events: [{kind: "request", payload_hex: "0100 0000 05000000 68656c6c6f 0000000000"}],
                  send: [{kind: "response", payload_hex: "0100 0000 05000000 776f726c64"}],
                  out: "000d 5502010801c405776f07726c64",
                },
                {
                  note: "an error: 7b 22 45 ... is {\"Error\":\"no\"}",
                  in: "0004 15020404", events: [{kind: "request", payload_hex: "0000"}],
                  send: [{kind: "error", payload: "no"}],
                  out: "001b 5502010402 13cf070e ff017b224572726f72223a226e6f227d0000",
                },
                {
                  note: "a push: heartbeat, type 1 of the server's protocol",
                  routes: {"1": "Simple/OnHeartbeat"},
                  send: [{kind: "push", route: "Simple/OnHeartbeat"}], out: "0003 050104",
                },
                {note: "a request without session wants no answer", in: "0003 050104", events: [{kind: "notify", payload_hex: "00000000"}]},
                {note: "a frame of no bytes is ignored", in: "0000 0000"},
                {note: "not whole", in: "0004 1502", rest: 4},
                {note: "a mask that promises more than there is", in: "0002 ff01", close: "truncated_field"},
                {note: "a mask of bytes that are not there", in: "0003 3f0102", close: "truncated_field"},
                {note: "more words than bytes", in: "0002 01ff", close: "truncated_field"},
                {note: "neither type nor session", in: "0002 0100", close: "unknown_kind"},
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
