"""Twisted's own clients: strings with a length, netstrings, lines, AMP."""

import json

import pytest
from twisted.protocols import amp

from systems import listeners, twisted_clients
from systems.twisted_clients import AMP, Int8, Int16, Int32, Line, Netstring, Refused, Unknown, command, connect
from wire import Wire, opened, publish

STRINGS = [("int8", Int8, 255), ("int16", Int16, 65_535), ("int32", Int32, 99_999), ("netstring", Netstring, 99_999),
           ("line", Line, 16_384)]


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """Each of the five protocols of strings twice, for Echo/HD_Raw and Echo/HD_Join, and MQTT."""
    file = tmp_path_factory.mktemp("twisted") / "gate.json5"
    every = [{"protocol": name, "host": "127.0.0.1", "port": 0, "route": route}
             for name, *_ in STRINGS for route in ("Echo/HD_Raw", "Echo/HD_Join", "Echo/HD_Missing", "Echo/HD_Wait")]
    mqtt = {"protocol": "mqtt", "host": "127.0.0.1", "port": 0}
    file.write_text(listeners.configuration(mqtt, listeners.listener("amp"), *every))
    from conftest import Gatehouse, end
    shared = Gatehouse("--config", file, "--log-level", "debug", listen=()).wait_for_ports()
    yield shared
    end(shared)


@pytest.fixture(params=STRINGS, ids=lambda one: one[0])
def system(request):
    """The protocols of strings in turn: name, client, longest string."""
    return request.param


@pytest.fixture
def client(system, server):
    """A client whose strings go to Echo/HD_Raw."""
    name, kind, _ = system
    connected = connect(kind(), server.port(name, 0))
    yield connected
    connected.end()


def test_strings_come_back_in_order(client):
    said = [b"", b"hello", b'{"a":1}', bytes(range(128)).replace(b"\r", b"").replace(b"\n", b""), b"\xff\x00\xfe"]
    client.say(*said)
    assert [client.next() for _ in said] == said


def test_many_strings_at_once(client):
    said = [str(number).encode() for number in range(500)]
    twisted_clients.call(lambda: [client._say(one) for one in said] and None)
    assert [client.next() for _ in said] == said


def test_the_longest_string_that_twisted_takes(system, server):
    name, kind, longest = system
    for length, fits in ((longest - 1, True), (longest, True)):
        client = connect(kind(), server.port(name, 0))
        client.MAX_LENGTH = longest
        client.say(b"x" * length)
        assert client.next() == b"x" * length
        client.end()
    other = connect(kind(), server.port(name, 0))
    with Wire(server.port(name, 0)) as wire:
        too_long = {
            "int8": None, "int16": None, "int32": b"\x00\x01\x86\xa0", "netstring": b"100000:", "line": b"x" * 16_387,
        }[name]
        if too_long:
            wire.send(too_long)
            wire.expect_closed()
    other.say(b"still here")
    assert other.next() == b"still here"
    other.end()


def test_a_fault_is_an_object_with_its_text(system, server):
    name, kind, _ = system
    client = connect(kind(), server.port(name, 2))
    client.say(b"x")
    assert json.loads(client.next()) == {"Error": "Remote function(HD_Missing) not found"}
    client.end()


def test_slow_answers_keep_the_order(system, server):
    name, kind, _ = system
    client = connect(kind(), server.port(name, 3))
    said = [json.dumps({"milliseconds": wait}, separators=(",", ":")).encode() for wait in (120, 0, 60, 0)]
    client.say(*said)
    assert [client.next() for _ in said] == said
    client.end()


def test_a_push_comes_as_its_payload(system, server):
    name, kind, _ = system
    client = connect(kind(), server.port(name, 1))
    client.say(b"{}")
    assert client.next() == b"success"
    with opened(server.port()) as wire:
        wire.send(publish("Echo/HD_Cast", b"pushed"))
        assert client.next() == b"pushed"
    client.end()


@pytest.mark.parametrize("name, saying", [
    ("netstring", b"05:hello,"), ("netstring", b"5:hellox"), ("netstring", b"x:"), ("netstring", b":,"),
    ("netstring", b"-1:,"), ("int32", b"\xff\xff\xff\xff"),
])
def test_what_twisted_refuses_is_refused(server, name, saying):
    other = connect(dict((one[0], one[1]) for one in STRINGS)[name](), server.port(name, 0))
    with Wire(server.port(name, 0)) as wire:
        wire.send(saying)
        wire.expect_closed()
    other.say(b"unhurt")
    assert other.next() == b"unhurt"
    other.end()


def test_a_line_ends_with_both_characters_only(server):
    """Also where they come in two segments."""
    with Wire(server.port("line", 0)) as wire:
        wire.send(b"a\nb\r")
        wire.send(b"\nc\rd\r\n")
        assert wire.read(10) == b"a\nb\r\nc\rd\r\n"


TEXT = amp.Unicode()
RESULT = [(b"result", TEXT)]


@pytest.fixture
def peer(server):
    """An AMP client."""
    connected = connect(AMP(), server.port("amp"))
    yield connected
    connected.end()


Echo = command(b"Echo", [(b"a", amp.Integer()), (b"b", TEXT), (b"c", amp.Boolean(optional=True))],
               [(b"a", amp.Integer()), (b"b", TEXT)])
EchoRoute = command(b"Echo/HD_Echo", Echo.arguments, Echo.response)
Raw = command(b"Raw", [(b"n", amp.Integer())], [(b"n", amp.Integer())])
Hello = command(b"Hello", [(b"say", TEXT)], RESULT)
Login = command(b"Login", [(b"userName", TEXT), (b"passWord", TEXT)], RESULT)
Enter = command(b"Enter", [(b"roomName", TEXT)], [(b"users", TEXT)])
Say = command(b"Say", [(b"roomName", TEXT), (b"target", TEXT), (b"content", TEXT)], [(b"say", TEXT)])
Join = command(b"Join", [], RESULT)
Missing = command(b"Missing", [], [], {Refused: b"UNKNOWN"})
Nobody = command(b"Nobody/HD_X", [], [], {Refused: b"UNKNOWN"})
Cast = command(b"Cast", [(b"cast", TEXT)], [], answered=False)
CastAnswered = command(b"Cast", [(b"cast", TEXT)], RESULT)


def test_amp_a_command_with_arguments_and_its_response(peer):
    assert peer.ask(Echo, a=13, b="h\u00e9 中") == {"a": 13, "b": "h\u00e9 中"}
    assert peer.ask(Hello, say="x") == {"result": "you say : x"}


def test_amp_a_command_that_says_module_and_handler(peer):
    assert peer.ask(EchoRoute, a=-1, b="") == {"a": -1, "b": ""}


def test_amp_many_commands_at_once(peer):
    assert peer.ask_all(Raw, [{"n": n} for n in range(200)]) == [{"n": n} for n in range(200)]


def test_amp_errors_reach_the_callers_exceptions(peer):
    with pytest.raises(Refused, match="HD_Missing.* not found"):
        peer.ask(Missing)
    with pytest.raises(Refused, match="type:Nobody"):
        peer.ask(Nobody)
    with pytest.raises(amp.UnknownRemoteError, match="HD_Missing"):
        peer.ask(Unknown)
    assert peer.ask(Echo, a=1, b="still") == {"a": 1, "b": "still"}


def test_amp_a_command_without_an_answer_and_a_push(peer, server):
    assert peer.ask(Join) == {"result": "success"}
    assert peer.ask(Cast, cast="hello") is None
    assert peer.next() == ("OnCast", {"cast": "hello"})
    with opened(server.port()) as wire:
        wire.send(publish("Echo/HD_Cast", b'{"cast":"from mqtt"}'))
        assert peer.next() == ("OnCast", {"cast": "from mqtt"})


def test_amp_a_login_and_a_room_with_an_mqtt_client(peer, server):
    assert peer.ask(Login, userName="amp", passWord="x") == {"result": "login success amp"}
    assert json.loads(peer.ask(Enter, roomName="amp room")["users"]) == ["amp"]
    with opened(server.port()) as wire:
        wire.ask_json("Login/HD_Login", {"userName": "wired", "passWord": "x"})
        wire.ask_json("Chat/HD_JoinChat", {"roomName": "amp room"})
        assert peer.ask(Say, roomName="amp room", target="*", content="hi all") == {"say": "say success"}
        wanted = {"roomName": "amp room", "from": "amp", "target": "*", "msg": "hi all"}
        assert json.loads(wire.message("Chat/OnChat").payload) == wanted
        wanted["From"] = wanted.pop("from")  # how Twisted calls an argument whose name is Python's
        found = []
        while ("OnChat", wanted) not in found:
            found.append(peer.next())


def test_amp_a_second_login_tells_the_first(gatehouse, tmp_path):
    (tmp_path / "gate.json5").write_text(listeners.configuration(listeners.listener("amp")))
    server = gatehouse("--config", tmp_path / "gate.json5", "--second-login", "kick", listen=())
    first, second = (connect(AMP(), server.port("amp")) for _ in range(2))
    for peer in (first, second):
        assert peer.ask(Login, userName="user", passWord="x") == {"result": "login success user"}
    name, values = first.next()
    assert name == "Gate/OnKick" and list(values) == ["reason"]
    assert first.lost.get(timeout=twisted_clients.PATIENCE_SECONDS) == "ConnectionDone"
    assert second.ask(Echo, a=1, b="x") == {"a": 1, "b": "x"}
    second.end()


@pytest.mark.parametrize("saying", [
    b"\x01\x00", b"\x00\x00", b"\x00\x04_ask\x00\x011\x00\x04_ask\x00\x011\x00\x00",
    b"\x00\x04_ask\x00\x011\x00\x00", b"\x00\x01a\x00\x01b\x00\x00",
])
def test_amp_boxes_that_are_none_close(peer, server, saying):
    with Wire(server.port("amp")) as wire:
        wire.send(saying)
        wire.expect_closed()
    assert peer.ask(Echo, a=1, b="unhurt") == {"a": 1, "b": "unhurt"}
