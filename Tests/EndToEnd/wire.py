"""MQTT on a bare socket, to say what no library would say and to see every byte of the answer."""

import itertools
import json
import socket
import struct
from typing import NamedTuple

CONNECT, CONNACK, PUBLISH, PUBACK, PUBREC, PUBREL, PUBCOMP = range(1, 8)
SUBSCRIBE, SUBACK, UNSUBSCRIBE, UNSUBACK, PINGREQ, PINGRESP, DISCONNECT = range(8, 15)

PATIENCE_SECONDS = 20


class Packet(NamedTuple):
    """One MQTT control packet as it came."""

    kind: int
    flags: int
    body: bytes

    @property
    def qos(self):
        """Quality of service of a PUBLISH."""
        return self.flags >> 1 & 3

    @property
    def topic(self):
        """Topic of a PUBLISH."""
        assert self.kind == PUBLISH, self
        return self.body[2:2 + struct.unpack_from(">H", self.body)[0]]

    @property
    def payload(self):
        """Payload of a PUBLISH."""
        start = 2 + len(self.topic) + (2 if self.qos else 0)
        return self.body[start:]

    @property
    def identifier(self):
        """Packet identifier, of a PUBLISH or of any packet that begins with it."""
        start = 2 + len(self.topic) if self.kind == PUBLISH else 0
        return struct.unpack_from(">H", self.body, start)[0]


def remaining_length(count):
    """Seven bits a byte, least significant first (MQTT 3.1.1, 2.2.3)."""
    encoded = bytearray()
    while True:
        count, digit = count >> 7, count & 0x7F
        encoded.append(digit | (0x80 if count else 0))
        if not count:
            return bytes(encoded)


def packet(kind, flags=0, body=b""):
    """A whole packet with fixed header."""
    return bytes([kind << 4 | flags]) + remaining_length(len(body)) + body


def octets(text):
    """Text as UTF-8; bytes as they are."""
    return text.encode() if isinstance(text, str) else bytes(text)


def field(text):
    """Two bytes of length and the bytes."""
    raw = octets(text)
    return struct.pack(">H", len(raw)) + raw


def connect(client_id="", *, name="MQTT", level=4, clean=True, keep_alive=0, user=None, password=None, will=None,
            will_qos=0, will_retain=False, flags=None, tail=b""):
    """CONNECT; `flags` replaces the computed connect flags, `tail` goes behind the last field."""
    bits = (0x02 if clean else 0) | (0x80 if user is not None else 0) | (0x40 if password is not None else 0)
    if will is not None:
        bits |= 0x04 | will_qos << 3 | (0x20 if will_retain else 0)
    body = field(name) + bytes([level, bits if flags is None else flags]) + struct.pack(">H", keep_alive)
    body += field(client_id)
    for part in [*(will or ()), user, password]:
        if part is not None:
            body += field(part)
    return packet(CONNECT, 0, body + tail)


def publish(topic, payload=b"", *, qos=0, identifier=None, dup=False, retain=False):
    """PUBLISH."""
    flags = (8 if dup else 0) | qos << 1 | (1 if retain else 0)
    number = b"" if identifier is None else struct.pack(">H", identifier)
    return packet(PUBLISH, flags, field(topic) + number + octets(payload))


def numbered(kind, identifier, flags=None, tail=b""):
    """A packet whose variable header is a packet identifier: the four acknowledgements, and (un)subscriptions."""
    if flags is None:
        flags = 2 if kind in (PUBREL, SUBSCRIBE, UNSUBSCRIBE) else 0
    return packet(kind, flags, struct.pack(">H", identifier) + tail)


def subscribe(identifier, *filters):
    """SUBSCRIBE with (filter, QoS) pairs."""
    return numbered(SUBSCRIBE, identifier, tail=b"".join(field(name) + bytes([qos]) for name, qos in filters))


def unsubscribe(identifier, *filters):
    """UNSUBSCRIBE."""
    return numbered(UNSUBSCRIBE, identifier, tail=b"".join(field(name) for name in filters))


class Closed(Exception):
    """The server closed the connection."""


class Wire:
    """One TCP connection."""

    _tokens = itertools.count(1)

    def __init__(self, port, host="127.0.0.1", source=None, receive_bytes=None):
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.socket = socket.socket(family, socket.SOCK_STREAM)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if receive_bytes is not None:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        self.socket.settimeout(PATIENCE_SECONDS)
        if source is not None:
            self.socket.bind((source, 0))
        self.socket.connect((host, port))
        self.local = "%s:%d" % self.socket.getsockname()[:2]
        self.pending = bytearray()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        """Closes without a word."""
        self.socket.close()

    def reset(self):
        """Closes as a failing network does, with RST."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    def send(self, *parts):
        """Sends everything in one write."""
        self.socket.sendall(b"".join(parts))

    def _fill(self):
        try:
            more = self.socket.recv(1 << 16)
        except (ConnectionResetError, BrokenPipeError):
            more = b""
        if not more:
            raise Closed
        self.pending += more

    def read(self, count):
        """Exactly `count` bytes; Closed when the server ends first."""
        while len(self.pending) < count:
            self._fill()
        taken = bytes(self.pending[:count])
        del self.pending[:count]
        return taken

    def packet(self):
        """The next whole packet."""
        first = self.read(1)[0]
        length = shift = 0
        while True:
            digit = self.read(1)[0]
            length |= (digit & 0x7F) << shift
            shift += 7
            if not digit & 0x80:
                break
            assert shift < 28, "remaining length of more than four bytes"
        return Packet(first >> 4, first & 15, self.read(length))

    def expect(self, kind, flags=None):
        """The next packet, which must be of this kind."""
        found = self.packet()
        assert found.kind == kind, f"wanted kind {kind}, got {found}"
        assert flags is None or found.flags == flags, found
        return found

    def open(self, client_id="", **options):
        """CONNECT; returns (session present, code) of the CONNACK, which must be the first packet."""
        self.send(connect(client_id, **options))
        body = self.expect(CONNACK, 0).body
        assert len(body) == 2, body
        return body[0], body[1]

    def rest_until_closed(self):
        """Every byte until the server closes; fails when it does not."""
        rest = bytes(self.pending)
        self.pending.clear()
        while True:
            try:
                self._fill()
            except Closed:
                return rest + bytes(self.pending)

    def expect_closed(self):
        """The server closes and says nothing more."""
        rest = self.rest_until_closed()
        assert rest == b"", f"bytes before the close: {rest[:80]!r}"

    def message(self, topic=None):
        """The next PUBLISH (on `topic`); other packets, and messages on other topics, are passed over."""
        wanted = None if topic is None else octets(topic)
        while True:
            found = self.packet()
            if found.kind == PUBLISH and wanted in (None, found.topic):
                return found

    def ask(self, function, payload=b"", **options):
        """Publishes to `Type/Function/<new token>` and returns the payload of the answer on that very topic."""
        topic = f"{function}/{next(self._tokens)}"
        self.send(publish(topic, payload, **options))
        return self.message(topic).payload

    def ask_json(self, function, body):
        """The same with JSON both ways; returns the envelope."""
        return json.loads(self.ask(function, json.dumps(body)))

    def ping(self):
        """PINGREQ; the next packet must be PINGRESP."""
        self.send(packet(PINGREQ))
        found = self.expect(PINGRESP, 0)
        assert found.body == b""


def opened(port, client_id="", **options):
    """A connection with its CONNECT accepted."""
    wire = Wire(port)
    assert wire.open(client_id, **options) == (0, 0)
    return wire


def watcher(port):
    """A connection that gets every payload cast over Echo/HD_Cast."""
    wire = opened(port)
    wire.ask("Echo/HD_Join", "{}")
    return wire


def casts_until(wire, last):
    """The payloads cast to a watcher, up to and without `last`.

    Casts of one connection come in their order; those of two may overtake each other on the way between loops.
    """
    seen = []
    while True:
        payload = wire.message("Echo/OnCast").payload
        if payload == octets(last):
            return seen
        seen.append(payload)
