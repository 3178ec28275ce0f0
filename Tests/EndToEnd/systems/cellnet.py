"""cellnet tcp.ltv: a little-endian length that counts the id and the payload, the hash of the message's name, bytes."""

import struct

from .peer import Answer, Peer, Push

REMOTE_CALL, REMOTE_CALL_ANSWER = 58645, 20476


def identifier(name):
    """The 16-bit hash of `package.Type`."""
    value = 0
    for character in name:
        value = (value + (value << 5) + ord(character) + (ord(character) << 7)) & 0xFFFF
    return value


def varint(value):
    """Seven bits a byte."""
    encoded = bytearray()
    while value > 0x7F:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes(encoded) + bytes([value])


def call(inner, payload, number):
    """The envelope of a remote call: 0 id, 1 payload, 2 call; a key is `index << 3 | type` (1 varint, 2 bytes)."""
    return b"\x01" + varint(inner) + (b"\x0a" + varint(len(payload)) + payload if payload else b"") \
        + (b"\x11" + varint(number) if number else b"")


def read_call(body):
    """The envelope's fields; those that are not there are zero."""
    found, place = {0: 0, 1: b"", 2: 0}, 0

    def number():
        nonlocal place
        value = shift = 0
        while True:
            octet = body[place]
            place += 1
            value |= (octet & 0x7F) << shift
            shift += 7
            if not octet & 0x80:
                return value
    while place < len(body):
        key = number()
        if key & 7 == 1:
            found[key >> 3] = number()
        else:
            assert key & 7 == 2, body
            count = number()
            found[key >> 3] = body[place:place + count]
            place += count
    return found[0], found[1], found[2]


class Cellnet(Peer):
    """Names are message names; what is not in `names` comes as a number."""

    def open(self, names=()):
        """No handshake."""
        self.names = {identifier(name): name for name in names}
        self.asked, self.calls = [], 0

    def frame(self, code, payload):
        """One message."""
        return struct.pack("<HH", 2 + len(payload), code) + payload

    def _code(self, name):
        code = name if isinstance(name, int) else identifier(name)
        if not isinstance(name, int):
            self.names[code] = name
        return code

    def put(self, name, payload=b""):
        """A message; its answer comes under its own id, in the order of those of that id."""
        self.asked.append(name)
        self.send(self.frame(self._code(name), payload))
        return name

    def put_call(self, name, payload=b""):
        """A remote call; its answer repeats the call's number."""
        self.calls += 1
        self.send(self.frame(REMOTE_CALL, call(self._code(name), payload, self.calls)))
        return ("call", self.calls)

    def event(self):
        """The next message."""
        size, code = struct.unpack("<HH", self.read(4))
        payload = self.read(size - 2)
        if code == REMOTE_CALL_ANSWER:
            _, inner, number = read_call(payload)
            return ("call", number), Answer(inner)
        name = self.names.get(code, code)
        if name in self.asked:
            self.asked.remove(name)
            return name, Answer(payload)
        return Push(name, payload)
