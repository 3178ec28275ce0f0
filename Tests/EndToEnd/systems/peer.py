"""What the clients of all systems have in common: a socket, answers and pushes put apart."""

import collections
from typing import NamedTuple

from wire import Wire


class Answer(NamedTuple):
    """The answer to a request: its payload, or the text of the system's own error."""

    payload: bytes
    error: object = None


class Push(NamedTuple):
    """What the server said by itself, under the client's own name or code."""

    name: object
    payload: bytes


class Kick(NamedTuple):
    """The last word before the end."""

    payload: bytes


class Peer(Wire):
    """A client that has connected and shaken hands.

    A system's own part is `open`, `put` (writes a request, returns what its answer will carry) and `event` (reads one
    frame: `(token, Answer)`, `Push`, `Kick`, or anything else for frames that a test asks for by itself).
    """

    def __init__(self, port, **options):
        super().__init__(port, host=options.pop("host", "127.0.0.1"), source=options.pop("source", None))
        self.pushes = collections.deque()
        self.answers = collections.deque()
        self.others = collections.deque()
        self.gathered = None
        self.open(**options)

    def open(self):
        """Shakes hands; nothing for systems that do not."""

    def send(self, *parts):
        """Sends, or keeps what is said within `at_once`."""
        if self.gathered is None:
            super().send(*parts)
        else:
            self.gathered += b"".join(parts)

    def at_once(self, *sayings):
        """Calls functions that send, and sends what they say in one segment; returns what they returned."""
        self.gathered = bytearray()
        try:
            returned = [say() for say in sayings]
            said = bytes(self.gathered)
        finally:
            self.gathered = None
        super().send(said)
        return returned

    def dripped(self, *sayings):
        """The same with a segment for each byte."""
        self.gathered = bytearray()
        try:
            returned = [say() for say in sayings]
            said = bytes(self.gathered)
        finally:
            self.gathered = None
        for octet in said:
            super().send(bytes([octet]))
        return returned

    def _take(self):
        found = self.event()
        if isinstance(found, Push):
            self.pushes.append(found)
        elif isinstance(found, tuple) and len(found) == 2 and isinstance(found[1], Answer):
            self.answers.append(found)
        else:
            self.others.append(found)

    def answer(self, token):
        """The answer that carries this token; answers that carry none must come in their order."""
        while True:
            for index, (found, answer) in enumerate(self.answers):
                if found == token:
                    del self.answers[index]
                    return answer
            self._take()

    def ask(self, name, payload=b""):
        """A request and its answer."""
        return self.answer(self.put(name, payload))

    def push(self, name=None):
        """The next push (under this name)."""
        while True:
            for index, found in enumerate(self.pushes):
                if name in (None, found.name):
                    del self.pushes[index]
                    return found
            self._take()

    def other(self, kind=None):
        """The next frame that is neither answer nor push."""
        while True:
            for index, found in enumerate(self.others):
                if kind is None or found == kind or isinstance(kind, type) and isinstance(found, kind):
                    del self.others[index]
                    return found
            self._take()
