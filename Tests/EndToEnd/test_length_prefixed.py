"""The length-prefixed protocols, each known to the server from a description only."""

import base64
import contextlib
import json
import re
import socket
import struct

import pytest

from frames import Framed, FramedJSON
from wire import Wire, opened, publish


@pytest.fixture(params=[2, 4], ids=["length16", "length32"])
def framed(request, server):
    """A connection to the bare protocol with lengths of two or four bytes; its route is Echo/HD_Raw."""
    width = request.param
    with Framed(server.port(f"length{width * 8}"), width) as connection:
        yield connection


@pytest.fixture
def talk(server):
    """A connection to `length32-json`."""
    with FramedJSON(server.port("length32-json")) as connection:
        yield connection


def test_every_frame_is_a_request_and_its_bare_result_comes_back(framed):
    for body in (b"x", b"\x00\xff", b"{bad}", b"y" * 60_000):
        framed.put(body)
        assert framed.take() == body


def test_an_empty_frame_is_a_heartbeat_and_is_echoed(framed):
    framed.put(b"", b"", b"body", b"")
    assert sorted([framed.take() for _ in range(4)]) == [b"", b"", b"", b"body"]


def test_answers_come_in_the_order_of_the_requests(framed):
    framed.put(*(str(number).encode() for number in range(1000)))
    assert [framed.take() for _ in range(1000)] == [str(number).encode() for number in range(1000)]


def test_a_frame_byte_by_byte_is_answered(framed):
    for octet in framed.frame(b"slowly"):
        framed.send(bytes([octet]))
    assert framed.take() == b"slowly"


def test_frames_cut_at_odd_places_are_answered(framed):
    stream = b"".join(framed.frame(str(number).encode() * 7) for number in range(100))
    for start in range(0, len(stream), 13):
        framed.send(stream[start:start + 13])
    assert [framed.take() for _ in range(100)] == [str(number).encode() * 7 for number in range(100)]


@pytest.mark.parametrize("function", ["HD_RawOrdered", "HD_RawSerial", "HD_RawConcurrent"])
def test_also_slow_kinds_of_handler_answer_in_order(gatehouse, function):
    server = gatehouse(listen=[f"length32://127.0.0.1:0?route=Echo/{function}"])
    with Framed(server.port("length32")) as framed:
        for start in range(0, 200, 20):
            numbers = [str(number).encode() for number in range(start, start + 20)]
            framed.put(*numbers)
            assert [framed.take() for _ in numbers] == numbers


def test_a_fault_comes_as_an_object_with_its_text(gatehouse):
    server = gatehouse(listen=["length32://127.0.0.1:0?route=Echo/HD_Nothing"])
    with Framed(server.port("length32")) as framed:
        framed.put(b"x")
        assert json.loads(framed.take()) == {"Error": "Remote function(HD_Nothing) not found"}


def test_a_push_comes_as_its_payload(gatehouse):
    server = gatehouse(listen=["length32://127.0.0.1:0?route=Echo/HD_Join", "mqtt://127.0.0.1:0"])
    with Framed(server.port("length32")) as framed, opened(server.port()) as wire:
        framed.put(b"{}")
        framed.take()
        wire.send(publish("Echo/HD_Cast", b"pushed"))
        assert framed.take() == b"pushed"


def test_a_frame_above_the_limit_closes_that_client_only(gatehouse):
    """The limit counts the whole frame, its four bytes of length included."""
    server = gatehouse("--frame-bytes-max", 1000, listen=["length32://127.0.0.1:0?route=Echo/HD_Raw"])
    with Framed(server.port("length32")) as other:
        for length, fits in ((995, True), (996, True), (997, False), (0x7FFFFFFF, False), (0xFFFFFFFF, False)):
            with Framed(server.port("length32")) as framed:
                if fits:
                    framed.put(b"x" * length)
                    assert framed.take() == b"x" * length
                else:
                    framed.send(length.to_bytes(4, "big"))
                    framed.expect_closed()
        other.put(b"still")
        assert other.take() == b"still"


def test_json_request_and_answer(talk):
    assert talk.ask("Echo/HD_Echo", {"a": [1, None, "\u00e9"]}) == {"id": 1, "result": {"a": [1, None, "\u00e9"]}}
    assert talk.ask("HelloWorld/HD_Say", {"say": "x"}) == {"id": 2, "result": "you say : x"}


def test_json_without_an_id_is_not_answered(talk):
    talk.say("Echo/HD_Echo", {"a": 1})
    talk.say("Nobody/HD_Echo", {"a": 1})
    assert talk.ask("Echo/HD_Echo", {"b": 2}) == {"id": 1, "result": {"b": 2}}


def test_json_errors_carry_the_id(talk):
    assert talk.ask("Nobody/HD_X", {}) == {"id": 1, "error": "Service(type:Nobody) not found"}
    assert talk.ask("Echo/HD_X", {}) == {"id": 2, "error": "Remote function(HD_X) not found"}
    assert talk.ask("Echo/Bind", {}) == {"id": 3, "error": "Method(Bind) must begin with 'HD_'"}


def test_json_heartbeat(talk):
    talk.put(b"")
    assert talk.take() == b""
    assert talk.ask("Echo/HD_Echo", {})["result"] == {}


@pytest.mark.parametrize("body", [
    b"no json", b"[]", b"{", b'"text"', b"1", b"{}", b'{"id":1}', b'{"route":1}', b"\xff",
])
def test_json_that_is_no_request_closes_or_is_refused(server, body):
    with FramedJSON(server.port("length32-json")) as other:
        with FramedJSON(server.port("length32-json")) as talk:
            talk.put(body)
            with contextlib.suppress(OSError):  # the server may have closed already
                talk.socket.shutdown(socket.SHUT_WR)
            for answer in _answers(talk.rest_until_closed()):
                assert "error" in answer
        assert other.ask("Echo/HD_Echo", {})["result"] == {}


def _answers(stream):
    while stream:
        length = int.from_bytes(stream[:4], "big")
        yield json.loads(stream[4:4 + length])
        stream = stream[4 + length:]


def test_json_results_that_are_bytes_are_json_or_base64(talk):
    assert talk.ask("Echo/HD_Raw", {"a": 1})["result"] == {"a": 1}


def test_the_same_modules_serve_both_protocols(server, talk):
    with opened(server.port()) as wire:
        talk.ask("Login/HD_Login", {"userName": "framed", "passWord": "x"})
        wire.ask_json("Login/HD_Login", {"userName": "wired", "passWord": "x"})
        assert talk.ask("Chat/HD_JoinChat", {"roomName": "both"})["result"]["users"]
        users = wire.ask_json("Chat/HD_JoinChat", {"roomName": "both"})["Result"]["users"]
        assert set(users) >= {"framed"}
        assert talk.push("Chat/OnJoin") == {"roomName": "both", "user": "wired"}
        said = {"roomName": "both", "from": "wired", "target": "*", "content": "hello"}
        wire.send(publish("Chat/HD_Say", json.dumps(said)))
        assert talk.push("Chat/OnChat") == {"roomName": "both", "from": "wired", "target": "*", "msg": "hello"}
        assert json.loads(wire.message("Chat/OnChat").payload)["msg"] == "hello"
        talk.say("Chat/HD_Say", {"roomName": "both", "from": "framed", "target": "*", "content": "hello back"})
        assert json.loads(wire.message("Chat/OnChat").payload)["msg"] == "hello back"


@pytest.mark.parametrize("payload, body", [
    (b'{"a":1}', {"a": 1}), (b"[1,2]", [1, 2]), (b"\x00\xff", base64.b64encode(b"\x00\xff").decode()),
])
def test_pushes_of_any_bytes_reach_a_json_client(server, talk, payload, body):
    talk.ask("Echo/HD_Join", {})
    with opened(server.port()) as wire:
        wire.send(publish("Echo/HD_Cast", payload))
    assert talk.push("Echo/OnCast") == body


GAME = """// A byte for the kind, a length of two bytes, the lowest byte first, a number, a payload.
{
  summary: "our game's protocol",
  order: "le",
  frame: [
    {name: "op", type: "u8", enum: {request: 1, notify: 2, response: 3, push: 4, heartbeat: 5}},
    {name: "size", type: "u16", counts: "after"},
    {name: "id", type: "u16"},
    {name: "payload", type: "bytes", len: "rest"},
  ],
  kinds: {
    request: {op: "request"}, notify: {op: "notify"}, heartbeat: {op: "heartbeat"}, response: {op: "response"},
    push: {op: "push"},
  },
}
"""


def test_a_protocol_of_the_users_own_is_served_from_its_file(gatehouse, tmp_path):
    (tmp_path / "game.json5").write_text(GAME)
    server = gatehouse("--protocols", tmp_path, listen=["game://127.0.0.1:0?route=Echo/HD_Raw"])
    with Wire(server.port("game")) as wire:
        wire.send(struct.pack("<BHH", 1, 6, 7) + b"hi!!", struct.pack("<BHH", 1, 2, 0xFFFE))
        assert wire.read(9) == struct.pack("<BHH", 3, 6, 7) + b"hi!!"
        assert wire.read(5) == struct.pack("<BHH", 3, 2, 0xFFFE)


def test_a_description_with_a_fault_is_told_with_its_place(gatehouse, tmp_path):
    (tmp_path / "game.json5").write_text(GAME)
    (tmp_path / "wrong.json5").write_text(GAME.replace('type: "u16", counts', 'type: "u15", counts'))
    server = gatehouse("--protocols", tmp_path, listen=["game://127.0.0.1:0?route=Echo/HD_Raw"])
    assert re.search(r"wrong\.json5:7:26", server.stderr()), server.stderr()
