"""skynet: a big-endian u16 length; 0-packed sproto `package {type 0, session 1}` and content behind it."""

import struct

from .peer import Answer, Peer, Push

# Where a client that cares finds why a request failed; others know no such tag and see an answer without content.
ERROR_TAG = 1000


def pack(raw):
    """0-packing: of eight bytes a mask says which are not zero; all eight make FF, a count less one, and raw groups."""
    raw += bytes(-len(raw) % 8)
    packed = bytearray()
    for start in range(0, len(raw), 8):
        group = raw[start:start + 8]
        mask = sum(1 << index for index, octet in enumerate(group) if octet)
        packed += b"\xff\x00" + group if mask == 0xFF else bytes([mask]) + bytes(filter(None, group))
    return bytes(packed)


def unpack(packed):
    """The way back."""
    raw, place = bytearray(), 0
    while place < len(packed):
        mask = packed[place]
        place += 1
        if mask == 0xFF:
            count = (packed[place] + 1) * 8
            raw += packed[place + 1:place + 1 + count]
            assert place + 1 + count <= len(packed), "a run beyond the end"
            place += 1 + count
            continue
        for bit in range(8):
            if mask >> bit & 1:
                raw.append(packed[place])
                place += 1
            else:
                raw.append(0)
    return bytes(raw)


def header(kind=None, session=None):
    """`package`: inline integers are doubled and two more; a skipped tag is odd."""
    words, data = [], b""
    for value in (kind, session):
        if value is None:
            words.append(1)
        elif value < 0x7FFF:
            words.append((value + 1) * 2)
        else:
            words.append(0)
            data += struct.pack("<II", 4, value)
    if session is None:
        words.pop()
    return struct.pack(f"<H{len(words)}H", len(words), *words) + data


def fields(raw):
    """A sproto structure: its values by tag (integers, or the bytes of the data part), and what stands behind it."""
    count, = struct.unpack_from("<H", raw)
    found, tag, data = {}, 0, 2 + 2 * count
    for word in struct.unpack_from(f"<{count}H", raw, 2):
        if word & 1:
            tag += (word + 1) // 2
            continue
        if word:
            found[tag] = word // 2 - 1
        else:
            size, = struct.unpack_from("<I", raw, data)
            assert data + 4 + size <= len(raw), "a field beyond the end"
            found[tag] = raw[data + 4:data + 4 + size]
            data += 4 + size
        tag += 1
    return found, raw[data:]


def texts(*values):
    """Content: a structure of strings, tags 0, 1, …"""
    head = struct.pack(f"<H{len(values)}H", len(values), *[0] * len(values))
    return head + b"".join(struct.pack("<I", len(value)) + value for value in values)


def integer(value):
    """The value of an integer field."""
    return value if isinstance(value, int) else int.from_bytes(value, "little")


class Skynet(Peer):
    """As `examples/client.lua` does it. Names are protocol tags."""

    padding = b" "

    def open(self, session=1):
        """No handshake."""
        self.session = session

    def frame(self, raw):
        """One frame around what is to be 0-packed."""
        packed = pack(raw)
        return struct.pack(">H", len(packed)) + packed

    def _filled(self, head, payload):
        """Structures say how long they are; other content is filled up, for packing would add zeros."""
        return head + payload + self.padding * (-(len(head) + len(payload)) % 8 if payload[:1] in (b"{", b"[") else 0)

    def put(self, tag, payload=b""):
        """A request."""
        token, self.session = self.session, self.session + 1
        self.send(self.frame(self._filled(header(tag, token), payload)))
        return token

    def tell(self, tag, payload=b""):
        """A request that wants no answer."""
        self.send(self.frame(self._filled(header(tag), payload)))

    def event(self):
        """The next frame."""
        body = self.read(int.from_bytes(self.read(2), "big"))
        values, content = fields(unpack(body))
        if 0 in values:
            assert 1 not in values, values
            return Push(integer(values[0]), content.rstrip(b"\0"))
        return integer(values[1]), Answer(content)


class MessageServer(Peer):
    """snax.msgserver behind its authentication: the session stands at the end, in answers with a byte before it."""

    def open(self, session=1):
        self.session = session

    def put(self, _name, payload=b""):
        """A request."""
        token, self.session = self.session, self.session + 1
        body = payload + struct.pack(">I", token)
        self.send(struct.pack(">H", len(body)) + body)
        return token

    def event(self):
        """The next frame."""
        body = self.read(int.from_bytes(self.read(2), "big"))
        content, good, session = body[:-5], body[-5], int.from_bytes(body[-4:], "big")
        return session, Answer(content, None if good else "error")
