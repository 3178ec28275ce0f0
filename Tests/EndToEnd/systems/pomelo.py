"""Pomelo over TCP: `type u8, length u24` around handshake, ack, heartbeat, data, kick; pitaya and nano say the same."""

import json
import struct

from .peer import Answer, Kick, Peer, Push

HANDSHAKE, ACK, HEARTBEAT, DATA, KICK = range(1, 6)
REQUEST, NOTIFY, RESPONSE, PUSH = range(4)

JS = {"sys": {"type": "js-websocket", "version": "0.0.1", "rsa": {}, "protoVersion": 0}, "user": {"n": 1}}
LIBPOMELO = {"sys": {"version": "0.3.4", "type": "c"}}
PITAYA = {"sys": {"platform": "mac", "libVersion": "0.3.5-release", "clientBuildNumber": "20", "clientVersion": "2.1"},
          "user": {"age": 30}}
NANO = None


def package(kind, body=b""):
    """One package."""
    return bytes([kind]) + len(body).to_bytes(3, "big") + body


def number(value):
    """LEB128."""
    encoded = bytearray()
    while True:
        value, low = value >> 7, value & 0x7F
        encoded.append(low | (0x80 if value else 0))
        if not value:
            return bytes(encoded)


def read_number(body, place):
    """LEB128; returns the value and what comes behind it."""
    value = shift = 0
    while True:
        octet = body[place]
        place += 1
        value |= (octet & 0x7F) << shift
        shift += 7
        if not octet & 0x80:
            return value, place


class Pomelo(Peer):
    """As the JS client does it: the dictionary of the handshake turns names into numbers, both ways."""

    def open(self, hello=JS, acknowledge=True, number=1):
        """Handshake, its answer, ack."""
        self.next_id = number
        self.dictionary, self.names = {}, {}
        text = b"" if hello is None else json.dumps(hello, separators=(",", ":")).encode()
        self.send(package(HANDSHAKE, text))
        self.welcome = json.loads(self.expect_package(HANDSHAKE))
        assert self.welcome["code"] == 200, self.welcome
        self.dictionary = self.welcome["sys"].get("dict", {})
        self.names = {code: name for name, code in self.dictionary.items()}
        if acknowledge:
            self.send(package(ACK))

    def package(self):
        """The next package: its kind and body."""
        head = self.read(4)
        return head[0], self.read(int.from_bytes(head[1:], "big"))

    def expect_package(self, kind):
        """The body of the next package, which must be of this kind."""
        found, body = self.package()
        assert found == kind, (found, body)
        return body

    def route(self, name):
        """Flag bit and bytes of a route: its number where the dictionary has one."""
        if name in self.dictionary:
            return 1, struct.pack(">H", self.dictionary[name])
        raw = name.encode()
        return 0, bytes([len(raw)]) + raw

    def put(self, name, payload=b"{}"):
        """A request."""
        compressed, route = self.route(name)
        token, self.next_id = self.next_id, self.next_id + 1
        self.send(package(DATA, bytes([REQUEST << 1 | compressed]) + number(token) + route + payload))
        return token

    def tell(self, name, payload=b"{}"):
        """A notify."""
        compressed, route = self.route(name)
        self.send(package(DATA, bytes([NOTIFY << 1 | compressed]) + route + payload))

    def heartbeat(self):
        """A heartbeat."""
        self.send(package(HEARTBEAT))

    def event(self):
        """The next package, understood."""
        kind, body = self.package()
        if kind == HEARTBEAT:
            assert body == b""
            return "heartbeat"
        if kind == KICK:
            return Kick(body)
        assert kind == DATA, (kind, body)
        flag, meaning = body[0], body[0] >> 1 & 7
        if meaning == RESPONSE:
            token, place = read_number(body, 1)
            payload = body[place:]
            json.loads(payload)  # the JS client parses every body
            return token, Answer(payload, json.loads(payload).get("msg") if flag & 0x20 else None)
        assert meaning == PUSH, body
        if flag & 1:
            name, place = self.names[struct.unpack_from(">H", body, 1)[0]], 3
        else:
            name, place = body[2:2 + body[1]].decode(), 2 + body[1]
        json.loads(body[place:])
        return Push(name, body[place:])
