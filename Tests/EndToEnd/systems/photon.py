"""Photon: the binary frames of its TCP protocol, and its JSON frames as they go over a stream."""

import json
import struct

from .peer import Answer, Peer, Push

INIT, INIT_ANSWER, OPERATION, OPERATION_ANSWER, EVENT = range(5)
NOTHING, STRING = 0x2A, 0x73


def parameters(**values):
    """GpBinary v16 parameters with strings as values; keys are `_1`, `_2`, …"""
    body = struct.pack(">H", len(values))
    for key, value in values.items():
        raw = value.encode()
        body += bytes([int(key[1:]), STRING]) + struct.pack(">H", len(raw)) + raw
    return body


class PhotonTCP(Peer):
    """As PhotonPeer does it over TCP: init first, pings beside it. Names are operation codes."""

    def open(self, application="app", greet=True):
        """Init: protocol version 1.6, SDK and client versions, the application's id in 32 bytes."""
        self.asked = []
        if greet:
            self.init(application)
            assert self.message() == (INIT_ANSWER, b"\0")

    def init(self, application="app"):
        """The init message alone."""
        self.send(self.frame(INIT, b"\x01\x06\x01\x03\x00\x01\x07" + application.encode().ljust(32, b"\0")))

    def frame(self, kind, body):
        """FB, the length of all, channel, reliable, F3, kind."""
        return struct.pack(">BIBBBB", 0xFB, 9 + len(body), 0, 1, 0xF3, kind) + body

    def raw(self):
        """The next frame: a pong's two ticks, or a message's kind and body."""
        if self.read(1) == b"\xf0":
            return struct.unpack(">II", self.read(8))
        total, _channel, _reliable, mark, kind = struct.unpack(">IBBBB", self.read(8))
        assert mark == 0xF3 and total >= 9
        return kind, self.read(total - 9)

    def message(self):
        """The next message."""
        kind, body = self.raw()
        assert isinstance(body, bytes), (kind, body)
        return kind, body

    def ping(self, tick):
        """F0 and the client's time; answered with both times."""
        self.send(struct.pack(">BI", 0xF0, tick))

    def put(self, operation, payload=b"\0\0"):
        """An operation; its answer repeats the code, in the order of those of that code."""
        self.asked.append(operation)
        self.send(self.frame(OPERATION, bytes([operation]) + payload))
        return operation

    def event(self):
        """The next frame."""
        kind, body = self.raw()
        if isinstance(body, int):
            return ("pong", body)
        if kind == EVENT:
            return Push(body[0], body[1:])
        assert kind == OPERATION_ANSWER, (kind, body)
        operation, code, debug = struct.unpack_from(">BhB", body)
        self.asked.remove(operation)
        if debug == NOTHING:
            return operation, Answer(body[4:], code or None)
        assert debug == STRING, body
        count, = struct.unpack_from(">H", body, 4)
        return operation, Answer(body[6 + count:], (code, body[6:6 + count].decode()))


class PhotonJSON(Peer):
    """`~m~<UTF-16 units>~m~<text>`; the first text that is no `~j~` is the session id and means connected."""

    def open(self):
        """The server speaks first."""
        self.asked = []
        self.session_id = self.text()
        assert not self.session_id.startswith("~j~")

    def text(self):
        """The next frame's text."""
        assert self.read(3) == b"~m~"
        digits = b""
        while not digits.endswith(b"~m~"):
            digits += self.read(1)
        units, found, raw = int(digits[:-3]), 0, b""
        while found < units:
            octet = self.read(1)
            raw += octet
            # A lead byte counts: two units from four bytes on, one for any other character.
            found += 0 if octet[0] & 0xC0 == 0x80 else 2 if octet[0] >= 0xF0 else 1
        while True:  # the tail of the last character
            try:
                return raw.decode()
            except UnicodeDecodeError:
                raw += self.read(1)

    def frame(self, text):
        """One frame."""
        return f"~m~{len(text.encode('utf-16-le')) // 2}~m~{text}".encode()

    def say(self, value):
        """One JSON frame."""
        self.send(self.frame("~j~" + json.dumps(value, separators=(",", ":"), ensure_ascii=False)))

    def put(self, operation, payload=b"[]"):
        """A request; its answer repeats the code, in the order of those of that code."""
        self.asked.append(operation)
        self.say({"req": operation, "vals": json.loads(payload)})
        return operation

    def ping(self, milliseconds):
        """An internal request, as every three seconds."""
        self.say({"irq": 1, "vals": [1, milliseconds]})

    def event(self):
        """The next frame."""
        text = self.text()
        assert text.startswith("~j~"), text
        value = json.loads(text[3:])
        if "irs" in value:
            return ("pong", value["vals"])
        payload = json.dumps(value["vals"], separators=(",", ":"), ensure_ascii=False).encode()
        if "evt" in value:
            return Push(value["evt"], payload)
        self.asked.remove(value["res"])
        return value["res"], Answer(payload, value["msg"] if value["err"] else None)
