"""The clients of all systems behind one face, for what all of them must be able to do."""

import json

from . import cellnet, firefly, kbengine, leaf, photon, pomelo, scut, skynet
from .listeners import NAMES


class Adapter:
    """How a test speaks with a system: bodies are JSON objects of texts, names those of `listeners.FUNCTIONS`."""

    def __init__(self, protocol, connect, *, carries_id, error=None, takes_form=False):
        self.protocol, self.connect, self.carries_id = protocol, connect, carries_id
        self.error, self.takes_form = error, takes_form
        self.names = NAMES[protocol]

    def __repr__(self):
        return self.protocol

    def put(self, client, key, body):
        """A request."""
        given = body if self.takes_form else json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode()
        return client.put(self.names[key], given)

    def ask(self, client, key, body):
        """A request and its answer's body."""
        answer = client.answer(self.put(client, key, body))
        assert answer.error is None, answer
        return self.value(answer.payload)

    def ask_in_vain(self, client, key, body):
        """A request that fails; the text of its error, taken from where the system has it."""
        answer = client.answer(self.put(client, key, body))
        if self.error:
            return self.error(answer)
        return self.value(answer.payload)["Error"]

    def value(self, payload):
        """JSON, or text that is none."""
        payload = payload.rstrip(b"\0 ")
        try:
            return json.loads(payload)
        except json.JSONDecodeError:
            return payload.decode()

    def push(self, client, key):
        """The body of the next push under this name."""
        return self.value(client.push(self.names[key]).payload)


def _connect_cellnet(port):
    return cellnet.Cellnet(port, names=NAMES["cellnet"].values())


def _connect_kbengine(port):
    return kbengine.KBEngine.log_in(port)


ADAPTERS = [
    Adapter("pomelo", pomelo.Pomelo, carries_id=True, error=lambda answer: answer.error),
    Adapter("skynet", skynet.Skynet, carries_id=True,
            error=lambda answer: json.loads(skynet.fields(answer.payload)[0][skynet.ERROR_TAG])["Error"]),
    Adapter("leaf-json", leaf.LeafJSON, carries_id=False),
    Adapter("leaf-pb", leaf.LeafProtobuf, carries_id=False),
    Adapter("cellnet", _connect_cellnet, carries_id=False),
    Adapter("kbengine", _connect_kbengine, carries_id=False),
    Adapter("scut", scut.Scut, carries_id=True, error=lambda answer: answer.error[1], takes_form=True),
    Adapter("firefly", firefly.Firefly, carries_id=False),
    Adapter("photon-tcp", photon.PhotonTCP, carries_id=False, error=lambda answer: answer.error[1]),
    Adapter("photon-json", photon.PhotonJSON, carries_id=False, error=lambda answer: answer.error),
]
