"""leaf: a length of one, two or four bytes; then JSON with one key, or a u16 number and protobuf."""

import json

from .peer import Answer, Peer, Push


class Leaf(Peer):
    """The framing. leaf has no answers: a test says which messages it takes for answers of its requests."""

    def open(self, width=2, order="big", answers=()):
        """No handshake."""
        self.width, self.order, self.asked, self.known = width, order, [], set(answers)

    def frame(self, body):
        """One message."""
        return len(body).to_bytes(self.width, self.order) + body

    def body(self):
        """The next message."""
        return self.read(int.from_bytes(self.read(self.width), self.order))

    def put(self, name, payload=b""):
        """A message; an answer comes under its name, in the order of the requests of that name."""
        self.asked.append(name)
        self.send(self.frame(self.message(name, payload)))
        return name

    def event(self):
        """The next message: an answer when it has the name of a request that has none yet."""
        name, payload = self.parts(self.body())
        if name in self.asked:
            self.asked.remove(name)
            return name, Answer(payload)
        return Push(name, payload)


class LeafJSON(Leaf):
    """The JSON processor."""

    def message(self, name, payload):
        return json.dumps({name: json.loads(payload or b"{}")}, separators=(",", ":"), ensure_ascii=False).encode()

    def parts(self, body):
        found = json.loads(body)
        assert len(found) == 1, found
        (name, value), = found.items()
        return name, json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


class LeafProtobuf(Leaf):
    """The protobuf processor: numbers, in the order in which messages were registered."""

    def message(self, name, payload):
        return name.to_bytes(2, self.order) + payload

    def parts(self, body):
        return int.from_bytes(body[:2], self.order), body[2:]
