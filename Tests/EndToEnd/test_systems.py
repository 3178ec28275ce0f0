"""What the clients of every system can do: the same requests to the same modules, each in its own bytes."""

import contextlib
import json

import pytest

from systems import adapters, listeners
from systems.leaf import LeafJSON
from systems.pomelo import Pomelo
from wire import Closed, Wire, opened, publish

BYTES_MAX = 4000


@pytest.fixture(scope="module")
def hosts(systems_server):
    """The server of all systems."""
    return systems_server


@pytest.fixture(params=adapters.ADAPTERS, ids=repr)
def system(request):
    """Each system in turn."""
    return request.param


@pytest.fixture
def client(system, hosts):
    """A client of the system, whose listener has the system's own names."""
    with system.connect(hosts.port(system.protocol)) as connected:
        yield connected


def body(number):
    """A body that no other request has."""
    return {"n": str(number), "text": "h\u00e9 中"}


@pytest.mark.parametrize("function", ["raw", "echo", "ordered"])
def test_a_request_is_answered_with_the_bare_result(system, client, function):
    for number in range(3):
        assert system.ask(client, function, body(number)) == body(number)


def test_text_comes_as_the_system_writes_it(system, client):
    assert system.ask(client, "hello", {"say": "hé"}) == "you say : hé"


def test_requests_in_one_segment_are_all_answered(system, client):
    tokens = client.at_once(*(lambda n=n: system.put(client, "raw", body(n)) for n in range(50)))
    for number, token in enumerate(tokens):
        assert system.value(client.answer(token).payload) == body(number)


def test_requests_byte_by_byte_are_answered(system, client):
    tokens = client.dripped(*(lambda n=n: system.put(client, "raw", body(n)) for n in range(3)))
    for number, token in enumerate(tokens):
        assert system.value(client.answer(token).payload) == body(number)


def test_answers_of_slow_and_fast_handlers(system, client):
    """An id, or the name of the request, says which request an answer is for; of one name the order says it."""
    if system.takes_form:  # forms hold texts, HD_Wait wants a number
        return
    waits = [{"milliseconds": wait, "n": str(number)} for number, wait in enumerate((150, 0, 50))]
    tokens = [system.put(client, "wait", wait) for wait in waits]
    fast = system.put(client, "raw", body(2))
    assert system.value(client.answer(fast).payload) == body(2)
    assert system.carries_id or not client.answers
    if system.carries_id:
        assert system.value(client.answer(tokens[1]).payload) == waits[1]
    for token, wait in zip(tokens, waits):
        if not system.carries_id or wait is not waits[1]:
            assert system.value(client.answer(token).payload) == wait


@pytest.mark.parametrize("function, text", [
    ("missing", "Remote function(HD_Missing) not found"), ("nobody", "Service(type:Nobody) not found"),
])
def test_an_error_comes_in_the_systems_own_slot_and_ends_nothing(system, client, function, text):
    assert text in system.ask_in_vain(client, function, body(1))
    assert system.ask(client, "raw", body(2)) == body(2)


def test_a_push_has_the_clients_own_name(system, client, hosts):
    assert system.ask(client, "join", {}) == "success"
    with opened(hosts.port()) as wire:
        wire.send(publish("Echo/HD_Cast", b'{"cast":"to all"}'))
        assert system.push(client, "onCast") == {"cast": "to all"}


def test_mqtt_and_every_system_talk_in_one_room(system, client, hosts):
    room = f"room of {system}"
    with opened(hosts.port()) as wire:
        assert wire.ask_json("Login/HD_Login", {"userName": f"wired {system}", "passWord": "x"})["Error"] == ""
        wire.ask_json("Chat/HD_JoinChat", {"roomName": room})
        form = {"userName": f"user {system}", "passWord": "x"}
        assert system.ask(client, "login", form) == f"login success user {system}"
        assert system.ask(client, "enter", {"roomName": room}) == {"users": [f"wired {system}", f"user {system}"]}
        assert json.loads(wire.message("Chat/OnJoin").payload) == {"roomName": room, "user": f"user {system}"}
        said = {"roomName": room, "from": f"user {system}", "target": "*", "content": "hello from us"}
        assert system.ask(client, "say", said) == {"say": "say success"}
        for heard in (json.loads(wire.message("Chat/OnChat").payload), system.push(client, "onChat")):
            assert heard == {"roomName": room, "from": f"user {system}", "target": "*", "msg": "hello from us"}
        said = {"roomName": room, "from": f"wired {system}", "target": f"user {system}", "content": "only you"}
        assert wire.ask_json("Chat/HD_Say", said)["Result"] == {"say": "say success"}
        assert system.push(client, "onChat")["msg"] == "only you"


def test_all_systems_talk_in_one_room(hosts):
    with contextlib.ExitStack() as stack:
        everyone = []
        for system in adapters.ADAPTERS:
            client = stack.enter_context(system.connect(hosts.port(system.protocol)))
            user = f"all {system}"
            assert system.ask(client, "login", {"userName": user, "passWord": "x"}) == f"login success {user}"
            assert user in system.ask(client, "enter", {"roomName": "all"})["users"]
            everyone.append((system, client, user))
        for system, client, user in everyone:
            said = {"roomName": "all", "from": user, "target": "*", "content": f"from {user}"}
            assert system.ask(client, "say", said) == {"say": "say success"}
        for system, client, _ in everyone:
            assert {system.push(client, "onChat")["msg"] for _ in everyone} == {f"from {user}" for *_, user in everyone}


def test_a_client_that_comes_again_is_served_again(system, hosts):
    for number in range(5):
        with system.connect(hosts.port(system.protocol)) as client:
            assert system.ask(client, "raw", body(number)) == body(number)
            client.reset() if number % 2 else client.close()


def test_a_client_that_leaves_with_half_a_frame_harms_nobody(system, client, hosts):
    with system.connect(hosts.port(system.protocol)) as leaving:
        leaving.gathered = bytearray()
        system.put(leaving, "raw", body(1))
        half = bytes(leaving.gathered[:len(leaving.gathered) // 2])
        leaving.gathered = None
        leaving.send(half)
    assert system.ask(client, "raw", body(2)) == body(2)


def test_a_second_login_ends_the_first_with_the_systems_own_word(system, gatehouse, tmp_path):
    (tmp_path / "gate.json5").write_text(listeners.configuration(listeners.listener(system.protocol)))
    server = gatehouse("--config", tmp_path / "gate.json5", "--second-login", "kick", listen=())
    form = {"userName": "user", "passWord": "x"}
    with system.connect(server.port(system.protocol)) as first, system.connect(server.port(system.protocol)) as second:
        assert system.ask(first, "login", form) == system.ask(second, "login", form) == "login success user"
        told = first.rest_until_closed()
        if system.protocol == "pomelo":
            assert told[:1] == b"\x05" and "reason" in json.loads(told[4:])
        elif system.protocol == "kbengine":
            assert told == b"\x05\x02\x14\x00"
        with pytest.raises((Closed, OSError)):
            system.ask(first, "raw", body(1))
        assert system.ask(second, "raw", body(2)) == body(2)


def test_bodies_up_to_the_systems_own_limit(system, client):
    big = {"text": "x" * 3000}
    assert system.ask(client, "raw", big) == big


def _length32(port, body):
    with Wire(port) as wire:
        text = b'{"route":"HelloWorld/HD_Say","id":1,"body":' + body + b"}"
        wire.send(len(text).to_bytes(4, "big") + text)
        return json.loads(wire.read(int.from_bytes(wire.read(4), "big")))["result"]


def _mqtt(port, body):
    with opened(port) as wire:
        return json.loads(wire.ask("HelloWorld/HD_Say", body))["Result"]


def _pomelo(port, body):
    with Pomelo(port) as client:
        return json.loads(client.ask("HelloWorld.HD_Say", body).payload)


def _leaf(port, body):
    with LeafJSON(port) as client:
        text = b'{"HelloWorld/HD_Say":' + body + b"}"
        client.send(client.frame(text))
        return json.loads(client.body())["HelloWorld/HD_Say"]


@pytest.mark.parametrize("protocol, ask", [
    ("length32-json", _length32), ("mqtt", _mqtt), ("pomelo", _pomelo), ("leaf-json", _leaf),
], ids=["length32-json", "mqtt", "pomelo", "leaf-json"])
def test_one_rule_for_bodies_of_json_in_all_protocols(gatehouse, protocol, ask):
    """Texts that were cut in the middle of a character, and keys that stand twice."""
    server = gatehouse(listen=[f"{protocol}://127.0.0.1:0"])
    for body, said in ((rb'{"say":"hi \ud83d"}', "hi \ufffd"), (b'{"say":"hi \xf0\x9f\x98"}', "hi \ufffd"),
                       (rb'{"say":"\udc00\ud83d\ude00"}', "\ufffd\U0001f600"),
                       (b'{"say":"first","say":"last"}', "last"),
                       (rb'{"s\u0061y":"first","x":{"a":1,"a":2},"say":"b"}', "b")):
        assert ask(server.port(protocol), body) == f"you say : {said}"
