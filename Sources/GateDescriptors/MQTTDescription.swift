extension DescriptorLibrary {
    /// MQTT as a descriptor, for people: to take packets apart, put them together and draw them. No listener speaks it; the
    /// protocol itself is the target GateMQTT.
    public static let mqttFile = DescriptorFile(name: "mqtt.json5", bytes: Array(mqttText.utf8))

    /// The field of ``mqttFile`` that says what kind of packet it is.
    public static let mqttPacketField = "packet"

    private static let mqttText = #"""
        // MQTT 3.1.1, and 3.1 with the name MQIsdp and level 3.
        //
        //   30   | 0c        | 00 05 61 2f 62 2f 31 | 68 65 6c 6c 6f
        //   head | remaining | topic                | payload
        {
          summary: "MQTT 3.1.1 and 3.1: the bytes of its packets (the protocol itself is written in Swift)",
          limits: {max_frame: 16777216},
          frame: [
            {
              name: "head", type: "u8",
              bits: {
                packet: {
                  at: 4, width: 4,
                  enum: {
                    connect: 1, connack: 2, publish: 3, puback: 4, pubrec: 5, pubrel: 6, pubcomp: 7, subscribe: 8,
                    suback: 9, unsubscribe: 10, unsuback: 11, pingreq: 12, pingresp: 13, disconnect: 14,
                  },
                },
                dup: {at: 3}, qos: {at: 1, width: 2}, retain: {at: 0},
              },
            },
            {name: "remaining", type: "varint", bytes: 4, counts: "after"},
            {
              type: "group", when: {packet: "connect"},
              fields: [
                {name: "protocol", type: "str", len: "u16"},
                {name: "level", type: "u8"},
                {
                  name: "flags", type: "u8",
                  bits: {
                    has_user: {at: 7}, has_password: {at: 6}, will_retain: {at: 5}, will_qos: {at: 3, width: 2},
                    has_will: {at: 2}, clean_session: {at: 1},
                  },
                },
                {name: "keep_alive", type: "u16"},
                {name: "client_id", type: "str", len: "u16"},
                {name: "will_topic", type: "str", len: "u16", when: {has_will: 1}},
                {name: "will_message", type: "bytes", len: "u16", when: {has_will: 1}},
                {name: "user", type: "str", len: "u16", when: {has_user: 1}},
                {name: "password", type: "bytes", len: "u16", when: {has_password: 1}},
              ],
            },
            {
              type: "group", when: {packet: "connack"},
              fields: [
                {name: "session_present", type: "u8"},
                {
                  name: "return_code", type: "u8", unknown: "keep",
                  enum: {
                    accepted: 0, unacceptable_version: 1, identifier_rejected: 2, unavailable: 3, bad_credentials: 4,
                    not_authorized: 5,
                  },
                },
              ],
            },
            {name: "route", type: "str", len: "u16", when: {packet: "publish"}},
            {name: "packet_id", type: "u16", when: {packet: "publish", qos: [1, 2]}},
            {name: "payload", type: "bytes", len: "rest", when: {packet: "publish"}},
            {
              name: "packet_id", type: "u16",
              when: {
                packet: ["puback", "pubrec", "pubrel", "pubcomp", "subscribe", "suback", "unsubscribe", "unsuback"],
              },
            },
            // Each a length, a filter and, in a SUBSCRIBE, a QoS.
            {name: "filters", type: "bytes", len: "rest", when: {packet: ["subscribe", "unsubscribe"]}},
            {name: "return_codes", type: "bytes", len: "rest", when: {packet: "suback"}},
          ],
          login: {user: "user", password: "password", client_id: "client_id"},
          kinds: {
            request: {packet: "publish"},
            connect: {packet: "connect"},
            puback: {packet: "puback"},
            pubrec: {packet: "pubrec"},
            pubrel: {packet: "pubrel"},
            pubcomp: {packet: "pubcomp"},
            subscribe: {packet: "subscribe"},
            unsubscribe: {packet: "unsubscribe"},
            pingreq: {packet: "pingreq"},
            disconnect: {packet: "disconnect"},
            response: {packet: "publish"},
            push: {packet: "publish"},
          },
          states: {
            new: {connect: ["login refused", "reply connack", "goto open"], else: "close"},
            open: {
              request: "deliver", subscribe: "reply suback", unsubscribe: "reply unsuback", pubrel: "reply pubcomp",
              puback: "ignore", pubrec: "ignore", pubcomp: "ignore", pingreq: "reply pingresp", disconnect: "goodbye",
              else: "close",
            },
          },
          replies: {
            connack: {packet: "connack"},
            refused: {packet: "connack", return_code: 5},
            suback: {packet: "suback", packet_id: "$in.packet_id", return_codes: {hex: "00"}},
            unsuback: {packet: "unsuback", packet_id: "$in.packet_id"},
            pubcomp: {packet: "pubcomp", packet_id: "$in.packet_id"},
            pingresp: {packet: "pingresp"},
          },
          vectors: [
            {note: "a CONNECT without a client id", in: "100c 00044d515454 04 02 0000 0000", out: "2002 00 00"},
            {
              note: "a request and its answer, a ping, the end",
              in: "100d 00044d515454 04 02 000a 000163 3006 0003612f62 31 c000 e000",
              events: [{kind: "request", route: "a/b", payload: "1"}],
              out: "2002 0000 d000", close: "client_goodbye",
            },
            {
              note: "a will, a user and a password",
              in: "1020 00064d5149736470 03 c6 000a 000163 000177 00026279 000475736572 00027077",
              out: "2002 0000",
            },
            {
              note: "subscriptions", in: "100c 00044d515454 04 02 0000 0000 8206 0007 000161 00 a205 0008 000161",
              out: "2002 0000 9003 0007 00 b002 0008",
            },
            {note: "a packet before the CONNECT", in: "c000", close: "wrong_state"},
            {note: "no such packet", in: "f000", close: "unknown_kind"},
          ],
        }

        """#
}
