"""The two generations of paho-mqtt side by side, and a client that waits for what it expects."""

import importlib
import itertools
import json
import os
import queue
import sys

from gateprocess import ROOT

PATIENCE_SECONDS = 20
VERSIONS = ("1.6.1", "2.1.0")


def _load(version):
    """Imports paho-mqtt of one version, without leaving it in the way of the other."""
    home = os.environ.get("GATEHOUSE_E2E_HOME", str(ROOT / ".build/end-to-end"))
    sys.path.insert(0, os.path.join(home, f"paho-{version}"))
    try:
        module = importlib.import_module("paho.mqtt.client")
        assert importlib.import_module("paho.mqtt").__version__ == version
    finally:
        sys.path.pop(0)
        for name in [name for name in sys.modules if name.split(".")[0] == "paho"]:
            del sys.modules[name]
    return module


_loaded = {}


def library(version):
    """The module `paho.mqtt.client` of this version."""
    if version not in _loaded:
        _loaded[version] = _load(version)
    return _loaded[version]


class PahoClient:
    """One paho client on a thread of its own; everything it hears goes into queues."""

    _tokens = itertools.count(1)

    def __init__(self, version, port, *, client_id="", clean=True, protocol="3.1.1", keep_alive=60, user=None,
                 password=None):
        paho = library(version)
        level = {"3.1": paho.MQTTv31, "3.1.1": paho.MQTTv311}[protocol]
        options = {"client_id": client_id, "clean_session": clean, "protocol": level}
        if version.startswith("2"):
            options["callback_api_version"] = paho.CallbackAPIVersion.VERSION2
        self.client = paho.Client(**options)
        if user is not None:
            self.client.username_pw_set(user, password)
        self.port, self.keep_alive = port, keep_alive
        self.messages, self.connects, self.granted = queue.Queue(), queue.Queue(), queue.Queue()
        self.unsubscribed, self.published, self.disconnects = queue.Queue(), queue.Queue(), queue.Queue()
        self.aside = []
        self.client.on_connect = lambda _c, _u, flags, code, *_: self.connects.put(
            (_session_present(flags), _number(code)))
        self.client.on_message = lambda _c, _u, message: self.messages.put(message)
        self.client.on_subscribe = lambda _c, _u, mid, codes, *_: self.granted.put(
            (mid, [_number(code) for code in codes]))
        self.client.on_unsubscribe = lambda _c, _u, mid, *_: self.unsubscribed.put(mid)
        self.client.on_publish = lambda _c, _u, mid, *_: self.published.put(mid)
        self.client.on_disconnect = lambda *arguments: self.disconnects.put(arguments)

    def start(self, accepted=True):
        """Connects and, unless told otherwise, expects to be accepted."""
        self.client.connect("127.0.0.1", self.port, self.keep_alive)
        self.client.loop_start()
        self.session_present, self.code = self.connects.get(timeout=PATIENCE_SECONDS)
        if accepted:
            assert self.code == 0
        return self

    def stop(self):
        """Says DISCONNECT and ends the thread."""
        self.client.disconnect()
        self.client.loop_stop()

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()

    def message(self, topic):
        """The next message on this topic; the others are kept for later."""
        for index, kept in enumerate(self.aside):
            if kept.topic == topic:
                return self.aside.pop(index)
        while True:
            found = self.messages.get(timeout=PATIENCE_SECONDS)
            if found.topic == topic:
                return found
            self.aside.append(found)

    def json(self, topic):
        """The payload of the next message on this topic, as JSON."""
        return json.loads(self.message(topic).payload)

    def publish(self, topic, payload=b"", qos=0):
        """Publishes and waits until the library holds it delivered at its QoS."""
        body = json.dumps(payload) if isinstance(payload, (dict, list)) else payload
        information = self.client.publish(topic, body, qos)
        information.wait_for_publish(PATIENCE_SECONDS)
        assert information.is_published()

    def ask(self, function, payload=b"", qos=0):
        """Publishes to `Type/Function/<new token>`; returns the payload of the answer."""
        topic = f"{function}/{next(self._tokens)}"
        self.publish(topic, payload, qos)
        return self.message(topic).payload

    def ask_json(self, function, body, qos=0):
        """The same with JSON; returns the envelope."""
        return json.loads(self.ask(function, body, qos))


def _number(code):
    """A return code as a number, whichever generation made it."""
    return code if isinstance(code, int) else code.value


def _session_present(flags):
    return flags["session present"] if isinstance(flags, dict) else int(flags.session_present)
