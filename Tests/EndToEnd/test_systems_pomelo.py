"""Pomelo's clients, and pitaya's and nano's: what they say first, what keeps them, what they must not see."""

import json
import time

import pytest

from logs import close_reason, own_address
from systems import listeners, pomelo
from systems.pomelo import ACK, DATA, HANDSHAKE, HEARTBEAT, KICK, Pomelo, package
from wire import Wire, opened, publish


@pytest.fixture
def port(systems_server):
    """Where clients have names of their own."""
    return systems_server.port("pomelo")


@pytest.fixture(scope="module", autouse=True)
def strangers(systems_server):
    """Two who never finish their handshake; the last test here looks what became of them."""
    port = systems_server.port("pomelo")
    with Wire(port, source=own_address()) as silent, Pomelo(port, acknowledge=False, source=own_address()) as halfway:
        yield silent, halfway


@pytest.fixture
def client(port):
    """A client as the JS client is."""
    with Pomelo(port) as connected:
        yield connected


@pytest.mark.parametrize("hello", [
    pomelo.JS, pomelo.LIBPOMELO, pomelo.PITAYA, pomelo.NANO, {}, {"sys": {}}, {"sys": pomelo.JS["sys"], "user": None},
    {"sys": {"type": "unity-socket", "version": "0.3.0", "rsa": {"rsa_n": "0", "rsa_e": "10001"}, "protoVersion": "x",
             "dictVersion": "QF6tjFhk9QjOUo+QXvtrcw=="}, "user": {"name": "\u540d"}},
], ids=["js", "libpomelo", "pitaya", "nano", "empty", "bare", "null user", "all versions"])
def test_every_clients_handshake_is_answered(port, hello):
    """All mention what is not spoken here, and are content without it."""
    with Pomelo(port, hello=hello) as client:
        assert client.welcome["sys"]["heartbeat"] == 10
        assert "protos" not in client.welcome["sys"] and "useProto" not in client.welcome["sys"]
        assert client.expect_package(HEARTBEAT) == b""
        assert json.loads(client.ask("demo.demoHandler.raw", b'{"a":1}').payload) == {"a": 1}


def test_the_dictionary_has_numbers_for_all_names_both_ways(client):
    names = sorted(listeners.NAMES["pomelo"].values())
    said = client.welcome["sys"]
    assert said["dict"] == said["routeToCode"] == {name: number + 1 for number, name in enumerate(names)}
    assert said["codeToRoute"] == {str(number + 1): name for number, name in enumerate(names)}
    assert said["useDict"] is True and isinstance(said["dictVersion"], str)


def test_requests_and_pushes_use_the_numbers(client, systems_server):
    client.expect_package(HEARTBEAT)
    client.ask("demo.demoHandler.join")
    number = client.dictionary["onCast"]
    with opened(systems_server.port()) as wire:
        wire.send(publish("Echo/HD_Cast", b'{"m":2}'))
        assert client.expect_package(DATA) == b"\x07" + number.to_bytes(2, "big") + b'{"m":2}'


def test_names_may_stay_names_where_there_are_numbers(client):
    client.dictionary = {}
    assert json.loads(client.ask("demo.demoHandler.raw", b'{"by":"name"}').payload) == {"by": "name"}


@pytest.mark.parametrize("name", [
    "Echo.HD_Raw", "gate.Echo.HD_Raw", "Echo/HD_Raw", "a.b.Echo.HD_Raw",
])
def test_a_name_that_says_module_and_handler_needs_no_entry(gatehouse, name):
    server = gatehouse(listen=["pomelo://127.0.0.1:0"])
    with Pomelo(server.port("pomelo")) as client:
        assert client.welcome["sys"]["dict"] == {} and client.welcome["sys"]["useDict"] is False
        assert client.ask(name, b'{"a":1}') == (b'{"a":1}', None)


def test_other_names_go_to_the_listeners_own_route(gatehouse):
    server = gatehouse(listen=["pomelo://127.0.0.1:0?route=Echo/HD_Raw", "mqtt://127.0.0.1:0"])
    with Pomelo(server.port("pomelo")) as client:
        for name in ("hello", "Echo", "", "."):
            assert client.ask(name, b'{"a":1}') == (b'{"a":1}', None)
        client.ask("Echo.HD_Join")
        with opened(server.port()) as wire:
            wire.send(publish("Echo/HD_Cast", b'{"m":1}'))
        assert client.push() == ("Echo.OnCast", b'{"m":1}')


@pytest.mark.parametrize("number", [1, 127, 128, 300, 16_384, 2**32 - 1])
def test_ids_of_every_width_come_back(port, number):
    with Pomelo(port, number=number) as client:
        assert client.ask("demo.demoHandler.raw", b"[1]") == (b"[1]", None)


def test_a_heartbeat_follows_the_ack_and_each_one_is_answered(port):
    with Pomelo(port, acknowledge=False) as client:
        client.send(package(ACK))
        assert client.expect_package(HEARTBEAT) == b""
        for _ in range(3):
            client.heartbeat()
            assert client.expect_package(HEARTBEAT) == b""


def test_a_silent_client_is_dropped_and_one_with_heartbeats_is_not(gatehouse):
    server = gatehouse("--log-level", "debug", listen=["pomelo://127.0.0.1:0?heartbeat=1&route=Echo/HD_Raw"])
    with Pomelo(server.port("pomelo")) as silent, Pomelo(server.port("pomelo")) as beating:
        assert silent.welcome["sys"]["heartbeat"] == 1
        began = time.monotonic()
        while time.monotonic() - began < 3:
            beating.heartbeat()
            beating.other("heartbeat")
            time.sleep(0.25)
        assert silent.rest_until_closed() == package(HEARTBEAT)
        assert "keep_alive_timeout" in server.stderr()
        assert beating.ask("x", b"[]") == (b"[]", None)


def test_a_notify_is_not_answered(client):
    client.tell("demo.demoHandler.raw", b'{"no":"answer"}')
    client.tell("demo.demoHandler.nobody", b"{}")
    assert client.ask("demo.demoHandler.raw", b'{"a":1}') == (b'{"a":1}', None)


@pytest.mark.parametrize("body", [
    b'{"a":1,"__crypto__":"3f2a9c1b0d"}', b'{ "__crypto__" : "00" }', b'{"pad":"' + 1500 * b"x" + b'","__crypto__":""}',
], ids=["short", "blanks", "long"])
def test_a_signed_body_is_refused_and_nobody_gets_it(systems_server, port, body):
    """The signature of a client with an RSA key; that it has one is no reason yet."""
    with Pomelo(port) as other, Pomelo(port, source=own_address()) as client:
        client.put("demo.demoHandler.raw", body)
        assert client.rest_until_closed() == package(HEARTBEAT)
        assert close_reason(systems_server, client) == "encryption_unsupported"
        text = b'{"text":"\\"__crypto__\\""}'
        assert other.ask("demo.demoHandler.raw", text) == (text, None)


def test_an_empty_answer_is_an_object_because_the_js_client_parses_all(client):
    assert client.ask("demo.demoHandler.raw", b"") == (b"{}", None)


def test_an_error_is_marked_and_says_a_code_and_why(client):
    client.expect_package(HEARTBEAT)
    token = client.put("demo.demoHandler.missing")
    body = client.expect_package(DATA)
    assert body[:2] == bytes([0x24, token])
    assert json.loads(body[2:]) == {"code": 500, "msg": "Remote function(HD_Missing) not found"}


def test_an_error_is_a_plain_answer_where_the_listener_says_nothing(gatehouse):
    """libpomelo and libpomelo2 reset the connection when they see pitaya's bit."""
    server = gatehouse(listen=["pomelo://127.0.0.1:0"])
    with Pomelo(server.port("pomelo")) as client:
        client.expect_package(HEARTBEAT)
        token = client.put("Echo.HD_Missing")
        body = client.expect_package(DATA)
        assert body[:2] == bytes([0x04, token])
        assert json.loads(body[2:]) == {"code": 500, "msg": "Remote function(HD_Missing) not found"}
        assert client.ask("Echo.HD_Raw", b"[]") == (b"[]", None)


def test_names_stay_names_where_the_listener_says_so(gatehouse, tmp_path):
    """libpitaya and nano's client know no numbers."""
    mqtt = {"protocol": "mqtt", "host": "127.0.0.1", "port": 0}
    text = listeners.configuration(mqtt, listeners.listener("pomelo", parameters={"dictionary": "off"}))
    (tmp_path / "gate.json5").write_text(text)
    server = gatehouse("--config", tmp_path / "gate.json5", listen=())
    with Pomelo(server.port("pomelo")) as client:
        assert client.welcome["sys"] == {"heartbeat": 10, "useDict": False}
        assert client.ask("demo.demoHandler.raw", b'{"a":1}') == (b'{"a":1}', None)
        client.ask("demo.demoHandler.join")
        with opened(server.port()) as wire:
            wire.send(publish("Echo/HD_Cast", b'{"m":1}'))
        assert client.push() == ("onCast", b'{"m":1}')
        client.tell("demo.demoHandler.raw", b"{}")
        client.send(package(DATA, b"\x01\x07\x00\x01{}"))
        token, answer = client.event()
        assert token == 7 and "no route for this message" in answer.error


def test_a_number_that_is_in_no_dictionary_is_an_error_and_no_end(client):
    client.send(package(DATA, b"\x01\x07\x03\xe7{}"))
    token, answer = client.event(), client.event()
    assert token == "heartbeat" and answer[0] == 7 and "no route for this message" in answer[1].error
    assert client.ask("demo.demoHandler.raw", b"[]") == (b"[]", None)


def test_what_the_js_client_makes_of_an_emoji_ends_nothing(client):
    """It writes each half of the pair by itself, which is no UTF-8."""
    halves = b'{"text":"\xed\xa0\xbd\xed\xb8\x80 \xed\xa0\xbd."}'
    answer = client.ask("demo.demoHandler.echo", halves)
    assert answer.error is None and json.loads(answer.payload)["text"].startswith("\U0001f600 \ufffd")
    client.ask("demo.demoHandler.raw", halves)
    assert client.ask("demo.demoHandler.raw", b'{"text":"ok"}') == (b'{"text":"ok"}', None)


def test_kick_and_close(gatehouse):
    server = gatehouse("--second-login", "kick", listen=["pomelo://127.0.0.1:0"])
    form = b'{"userName":"user","passWord":"x"}'
    with Pomelo(server.port("pomelo")) as first, Pomelo(server.port("pomelo")) as second:
        first.ask("Login.HD_Login", form)
        second.ask("Login.HD_Login", form)
        kind, body = first.package()
        assert kind == KICK and list(json.loads(body)) == ["reason"]
        first.expect_closed()


REQUEST = package(DATA, b"\x00\x01\x03a.b{}")


@pytest.mark.parametrize("sayings, reasons", [
    ([REQUEST], {"wrong_state", "protocol_violation"}),
    ([package(ACK)], {"wrong_state", "protocol_violation"}),
    ([package(HEARTBEAT)], {"wrong_state", "protocol_violation"}),
    ([package(HANDSHAKE), REQUEST], {"wrong_state", "protocol_violation"}),
    ([package(HANDSHAKE), package(HANDSHAKE)], {"wrong_state", "protocol_violation"}),
    ([package(HANDSHAKE), package(ACK), package(HANDSHAKE)], {"wrong_state", "protocol_violation"}),
    ([package(HANDSHAKE), package(ACK), package(KICK)], {"wrong_state", "protocol_violation"}),
    ([package(HANDSHAKE), package(ACK), package(DATA, b"\x04\x01{}")], {"wrong_state", "protocol_violation"}),
], ids=["data first", "ack first", "heartbeat first", "data before ack", "two handshakes", "a handshake later",
        "a kick", "an answer"])
def test_what_does_not_fit_the_state_closes(systems_server, port, client, sayings, reasons):
    with Wire(port, source=own_address()) as wire:
        wire.send(*sayings)
        wire.rest_until_closed()
        assert close_reason(systems_server, wire) in reasons
    assert client.ask("demo.demoHandler.raw", b"[]") == (b"[]", None)


def test_who_does_not_finish_the_handshake_is_dropped(systems_server, strangers):
    """After ten seconds."""
    for stranger in strangers:
        stranger.expect_closed()
        assert close_reason(systems_server, stranger) == "handshake_timeout"
