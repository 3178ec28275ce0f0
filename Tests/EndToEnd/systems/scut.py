"""Scut over TCP: an i32 length (the lowest byte first); a signed form goes out, a binary record comes back."""

import gzip
import hashlib
import struct
from urllib.parse import quote

from .peer import Answer, Peer, Push

KEY = "44CAC8ED53714BF18D60C5C7B6296000"


def form(action, number, values=(), key=KEY, **head):
    """`?d=` and a form, encoded once more as a whole; values are encoded within. The C# client writes `%xx` small."""
    plain = f"MsgId={number}&Sid=&Uid=0&St=&actionId={action}"
    plain += "".join(f"&{name}={quote(str(value), safe='')}" for name, value in dict(values).items())
    plain += "&sign=" + hashlib.md5((plain + key).encode()).hexdigest()
    return ("?d=" + quote(plain, safe="")).encode()


class Reader:
    """Numbers of four bytes and texts with their length in front."""

    def __init__(self, raw):
        self.raw, self.place = raw, 0

    def number(self):
        self.place += 4
        return struct.unpack_from("<i", self.raw, self.place - 4)[0]

    def text(self):
        count = self.number()
        self.place += count
        return self.raw[self.place - count:self.place]


class Scut(Peer):
    """As the Unity client does it. Names are action ids."""

    def open(self):
        """No handshake."""
        self.next_id, self.compressed = 1, 0

    def put(self, action, values=()):
        """A request."""
        token, self.next_id = self.next_id, self.next_id + 1
        body = form(action, token, values)
        self.send(struct.pack("<i", len(body)) + body)
        return token

    def heartbeat(self):
        """Action 1, an ordinary request."""
        return self.put(1)

    def event(self):
        """The next record."""
        count, = struct.unpack("<i", self.read(4))
        body = self.read(count)
        if body.startswith(b"\x1f\x8b\x08\x00"):
            self.compressed += 1
            body = gzip.decompress(body)
        record = Reader(body)
        total, error, token = record.number(), record.number(), record.number()
        assert total == len(body), (total, len(body))
        reason, action, _ = record.text(), record.number(), record.text()
        payload = body[record.place:]
        if token == 0:
            return Push(action, payload)
        self.action = action
        return token, Answer(payload, (error, reason.decode()) if error else None)
