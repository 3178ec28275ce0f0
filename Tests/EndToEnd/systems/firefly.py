"""Firefly: 17 bytes of head, big-endian; the length counts the command and the body."""

import struct

from .peer import Answer, Peer, Push

HEAD = struct.Struct(">4BBIII")


def frame(command, body, magic=(0, 0, 0, 0), protocol=0, version=0):
    """One package."""
    return HEAD.pack(*magic, protocol, version, 4 + len(body), command) + body


class Firefly(Peer):
    """Names are commands; an answer repeats its command, in the order of those of that command."""

    def open(self):
        """No handshake."""
        self.asked = []

    def put(self, command, payload=b""):
        """A request."""
        self.asked.append(command)
        self.send(frame(command, payload))
        return command

    def event(self):
        """The next package."""
        *magic, protocol, version, length, command = HEAD.unpack(self.read(HEAD.size))
        assert not any(magic) and protocol == version == 0
        payload = self.read(length - 4)
        if command in self.asked:
            self.asked.remove(command)
            return command, Answer(payload)
        return Push(command, payload)
