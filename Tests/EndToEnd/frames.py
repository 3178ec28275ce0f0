"""Length-prefixed frames on a bare socket."""

import json

from wire import Wire


class Framed(Wire):
    """A connection whose frames are a big-endian length and a body."""

    def __init__(self, port, width=4, **options):
        super().__init__(port, **options)
        self.width = width

    def frame(self, body):
        """The bytes of one frame."""
        return len(body).to_bytes(self.width, "big") + body

    def put(self, *bodies):
        """Sends frames in one write."""
        self.send(*(self.frame(body) for body in bodies))

    def take(self):
        """The body of the next frame."""
        return self.read(int.from_bytes(self.read(self.width), "big"))


class FramedJSON(Framed):
    """The `length32-json` protocol."""

    def __init__(self, port, **options):
        super().__init__(port, 4, **options)
        self.last = 0
        self.pushes = []

    def say(self, route, body):
        """A request without id, which is not answered."""
        self.put(json.dumps({"route": route, "body": body}).encode())

    def take_json(self):
        """The next frame as JSON."""
        return json.loads(self.take())

    def ask(self, route, body=None, identifier=None):
        """A request; returns the answer with its id, and keeps the pushes that come before it."""
        self.last += 1
        wanted = self.last if identifier is None else identifier
        self.put(json.dumps({"route": route, "id": wanted, "body": body}).encode())
        while True:
            found = self.take_json()
            if "id" in found:
                assert found["id"] == wanted, found
                return found
            self.pushes.append(found)

    def push(self, route):
        """The body of the next push on `route`."""
        while True:
            found = self.pushes.pop(0) if self.pushes else self.take_json()
            if found.get("route") == route:
                return found["body"]
