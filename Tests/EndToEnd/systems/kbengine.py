"""KBEngine: no outer frame; a u16 number, then a size that both sides know, or a u16 length (FFFF: u32 follows)."""

import struct

from .peer import Answer, Kick, Peer, Push

# What a client of 2.x must know of the server's messages to find where they end.
SIZES = {72: 0, 505: 2, 517: 2, 512: 4}


def message(number, body=b"", fixed=False):
    """One message."""
    if fixed:
        return struct.pack("<H", number) + body
    if len(body) >= 0xFFFF:
        return struct.pack("<HHI", number, 0xFFFF, len(body)) + body
    return struct.pack("<HH", number, len(body)) + body


def text(value):
    """Ended by NUL."""
    return value.encode() + b"\0"


def blob(value):
    """A u32 length in front."""
    return struct.pack("<I", len(value)) + value


class Body:
    """Takes values off a message."""

    def __init__(self, raw):
        self.raw, self.place = raw, 0

    def number(self, form):
        """A number of a struct format."""
        value, = struct.unpack_from("<" + form, self.raw, self.place)
        self.place += struct.calcsize("<" + form)
        return value

    def text(self):
        """Up to NUL."""
        end = self.raw.index(b"\0", self.place)
        value, self.place = self.raw[self.place:end].decode(), end + 1
        return value

    def blob(self):
        """A length and bytes."""
        count = self.number("I")
        self.place += count
        assert self.place <= len(self.raw), self.raw
        return self.raw[self.place - count:self.place]

    def rest(self):
        """All that is left."""
        value, self.place = self.raw[self.place:], len(self.raw)
        return value

    def done(self):
        """Nothing may be left."""
        assert self.place == len(self.raw), self.raw[self.place:]


class KBEngine(Peer):
    """One connection, to the loginapp or the baseapp. `log_in` goes the whole way: both, and a proxy.

    `ids` is how the server names components and methods: B where entities have aliases, which is KBEngine's default; H
    """

    ids = "B"

    def open(self, app=None, version="2.5.12"):
        """Says hello when an app is named."""
        self.asked = []
        if app:
            self.hello(app, version)

    def message(self):
        """The next message of the server."""
        number, = struct.unpack("<H", self.read(2))
        if number in SIZES:
            return number, Body(self.read(SIZES[number]))
        size, = struct.unpack("<H", self.read(2))
        if size == 0xFFFF:
            size, = struct.unpack("<I", self.read(4))
        return number, Body(self.read(size))

    def expect_message(self, number):
        """The body of the next message, which must have this number."""
        found, body = self.message()
        assert found == number, (found, body.raw)
        return body

    def hello(self, app, version="2.5.12"):
        """Versions, and no key."""
        number = {"loginapp": 4, "baseapp": 200}[app]
        self.send(message(number, text(version) + text("0.1.0") + blob(b"")))
        body = self.expect_message(521)
        assert (body.text(), body.text()) == (version, "0.1.0")
        self.digests = (body.text(), body.text())
        self.component = body.number("i")
        body.done()

    def log_in_loginapp(self, account, password="x", extra=b""):
        """Account and password for the address of a baseapp."""
        self.send(message(3, b"\0" + blob(b"") + text(account) + text(password) + extra))
        body = self.expect_message(502)
        assert body.text() == account
        self.address = (body.text(), body.number("H"), body.number("H"))
        body.blob()
        body.done()
        return self.address

    def log_in_baseapp(self, account, password="x"):
        """The proxy."""
        self.send(message(202, text(account) + text(password)))
        body = self.expect_message(504)
        self.uuid, self.entity, self.entity_type = body.number("Q"), body.number("i"), body.text()
        body.done()

    @classmethod
    def log_in(cls, port, account="bot1"):
        """Loginapp, reconnect, baseapp: a connection with a proxy."""
        with cls(port, app="loginapp") as login:
            host, base_port, _ = login.log_in_loginapp(account)
        assert (host, base_port) == ("127.0.0.1", port), "a client goes where it is sent"
        client = cls(base_port, app="baseapp")
        client.log_in_baseapp(account)
        return client

    def tick(self, number=206):
        """onClientActiveTick."""
        self.send(message(number, fixed=True))

    def put(self, method, payload=b"", number=302):
        """A call of a method of the proxy; the answer is a call of the client's method of the same number."""
        self.asked.append(method)
        self.send(message(number, struct.pack("<iHH", self.entity, 0, method) + payload))
        return method

    def event(self):
        """The next message."""
        number, body = self.message()
        if number == 72:
            return "tick"
        if number == 517:
            return Kick(body.number("H").to_bytes(2, "big"))
        assert number == 506, (number, body.raw)
        assert (body.number("i"), body.number(self.ids)) == (self.entity, 0)
        method = body.number(self.ids)
        if method in self.asked:
            self.asked.remove(method)
            return method, Answer(body.rest())
        return Push(method, body.rest())
