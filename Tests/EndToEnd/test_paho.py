"""The clients of paho-mqtt, 1.6 and 2.x, speaking 3.1 and 3.1.1."""

import json
import queue
import re

import pytest

from gateprocess import wait_until
from pahos import PATIENCE_SECONDS, VERSIONS, PahoClient

pytestmark = pytest.mark.parametrize("version", VERSIONS)
protocols = pytest.mark.parametrize("protocol", ["3.1", "3.1.1"])


@protocols
def test_connects_and_is_answered(version, protocol, port):
    with PahoClient(version, port, client_id="paho", protocol=protocol) as client:
        assert client.ask("Echo/HD_Raw", b"hello") == b"hello"


def test_connects_without_a_client_id(version, port):
    with PahoClient(version, port) as client:
        assert client.ask("Echo/HD_Raw", b"nameless") == b"nameless"


@protocols
@pytest.mark.parametrize("qos", [0, 1, 2])
def test_a_request_at_every_qos_is_answered_once(version, protocol, qos, port):
    with PahoClient(version, port, client_id="paho", protocol=protocol) as client:
        for number in range(5):
            assert client.ask("Echo/HD_Raw", f"qos {qos} {number}", qos) == f"qos {qos} {number}".encode()
        client.ask("Echo/HD_Raw", b"last")
        assert client.messages.empty() and not client.aside


def test_the_envelope_has_trace_error_and_result(version, port):
    with PahoClient(version, port, client_id="paho") as client:
        first = json.loads(client.ask("Echo/HD_Echo", {"a": [1, 2.5, None, "\u00e9"]}))
        assert list(first) == ["Trace", "Error", "Result"]
        assert first["Error"] == "" and first["Result"] == {"a": [1, 2.5, None, "\u00e9"]}
        second = json.loads(client.ask("Echo/HD_Echo", {}))
        for envelope in (first, second):
            assert re.fullmatch("[0-9a-f]{32}", envelope["Trace"])
        assert first["Trace"] != second["Trace"]


@protocols
def test_subscribes_and_unsubscribes(version, protocol, port):
    with PahoClient(version, port, client_id="paho", protocol=protocol) as client:
        _, identifier = client.client.subscribe([("chat", 2), ("a/+", 1), ("b/#", 0)])
        mid, codes = client.granted.get(timeout=PATIENCE_SECONDS)
        assert mid == identifier and len(codes) == 3
        _, identifier = client.client.unsubscribe(["chat", "a/+"])
        assert client.unsubscribed.get(timeout=PATIENCE_SECONDS) == identifier
        assert client.ask("Echo/HD_Raw", b"after") == b"after"


def test_receives_pushes_without_ever_subscribing(version, port):
    with PahoClient(version, port, client_id="a") as one, PahoClient(version, port, client_id="b") as other:
        one.ask("Echo/HD_Join", {})
        other.publish("Echo/HD_Cast", b"pushed")
        assert one.message("Echo/OnCast").payload == b"pushed"


@pytest.mark.parametrize("qos", [0, 1, 2])
def test_1000_numbered_publishes_are_handled_in_order(version, qos, port):
    with PahoClient(version, port, client_id="paho") as client:
        for number in range(1000):
            client.client.publish(f"Echo/HD_RawOrdered/{number}", str(number), qos)
        answers = [client.messages.get(timeout=PATIENCE_SECONDS) for _ in range(1000)]
        assert [answer.topic for answer in answers] == [f"Echo/HD_RawOrdered/{number}" for number in range(1000)]
        assert [answer.payload for answer in answers] == [str(number).encode() for number in range(1000)]


def test_the_library_sees_whether_its_session_was_kept(version, port):
    name = f"kept-{version}"

    def is_kept():
        client = PahoClient(version, port, client_id=name, clean=False).start()
        client.stop()
        return client.session_present

    assert not is_kept()
    # Until the server has seen the first one go, another is a second client of that name and gets a session of its own.
    wait_until(is_kept, "a kept session")


def test_keep_alive_of_the_library_keeps_the_connection(version, port):
    with PahoClient(version, port, client_id="paho", keep_alive=1) as client:
        with pytest.raises(queue.Empty):
            client.disconnects.get(timeout=4)
        assert client.ask("Echo/HD_Raw", b"still") == b"still"


def test_a_large_message_goes_both_ways(version, port):
    payload = bytes(range(256)) * 250
    with PahoClient(version, port, client_id="paho") as client:
        assert client.ask("Echo/HD_Raw", payload, 1) == payload


def test_the_chat_script_of_the_demo(version, port):
    """What the demo's Python client does: MQTT 3.1, log in, join, say, subscribe on every message."""
    room, user = f"room-{version}", f"python-{version}"
    client = PahoClient(version, port, client_id=f"py-{version}", protocol="3.1", user="admin", password="password")
    library_message = client.client.on_message

    def on_message(inner, userdata, message):
        inner.subscribe([("chat", 2), ("aaa", 2)])
        inner.unsubscribe(["chat"])
        library_message(inner, userdata, message)

    client.client.on_message = on_message
    with client:
        client.client.publish("Login/HD_Login/1", json.dumps({"userName": user, "passWord": "123"}))
        login = client.json("Login/HD_Login/1")
        assert (login["Error"], login["Result"]) == ("", f"login success {user}")
        client.client.publish("Chat/HD_JoinChat/2", json.dumps({"roomName": room}))
        joined = client.json("Chat/HD_JoinChat/2")
        assert joined["Error"] == "" and user in joined["Result"]["users"]
        client.client.publish("Chat/HD_Say/2", json.dumps(
            {"roomName": room, "from": user, "target": "*", "content": "\u4f60\u597d"}))
        heard = client.json("Chat/OnChat")
        assert heard == {"roomName": room, "from": user, "target": "*", "msg": "\u4f60\u597d"}
        said = client.json("Chat/HD_Say/2")
        assert (said["Error"], said["Result"]) == ("", {"say": "say success"})
        client.client.publish("Master/HD_Start_Process/2", json.dumps({"ProcessID": "001"}))
        assert client.json("Master/HD_Start_Process/2")["Error"] == "Service(type:Master) not found"
        for _ in range(3):
            assert len(client.granted.get(timeout=PATIENCE_SECONDS)[1]) == 2
            client.unsubscribed.get(timeout=PATIENCE_SECONDS)
