"""Compressed frames: pitaya's clients send them, Scut's get them. A build without zlib says so."""

import json
import zlib

import pytest

from conftest import Gatehouse, end
from gateprocess import run
from logs import close_reason, own_address
from systems import listeners
from systems.pomelo import DATA, HEARTBEAT, PITAYA, REQUEST, Pomelo, number, package
from systems.scut import Scut

HAS_ZLIB = "Zlib" in json.loads(run("version", "--json").stdout)["traits"].split(",")
with_zlib = pytest.mark.skipif(not HAS_ZLIB, reason="the trait Zlib is not built in")
without_zlib = pytest.mark.skipif(HAS_ZLIB, reason="the trait Zlib is built in")

GZIP_BIT = 0x10
INFLATED_MAX = 1_048_576


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """Pomelo as it is, and a Scut that compresses answers above 100 bytes."""
    file = tmp_path_factory.mktemp("compressed") / "gate.json5"
    file.write_text(listeners.configuration(
        listeners.listener("pomelo"), listeners.listener("scut", parameters={"gzip_over": 100})))
    shared = Gatehouse("--config", file, "--log-level", "debug", listen=()).wait_for_ports()
    yield shared
    end(shared)


@pytest.fixture
def pitaya(server):
    """A client as pitaya's are."""
    with Pomelo(server.port("pomelo"), hello=PITAYA, source=own_address()) as client:
        assert client.expect_package(HEARTBEAT) == b""
        yield client


def put(client, deflated, name="raw"):
    """A request whose body is said to be compressed."""
    compressed, route = client.route(f"demo.demoHandler.{name}")
    token, client.next_id = client.next_id, client.next_id + 1
    client.send(package(DATA, bytes([GZIP_BIT | REQUEST << 1 | compressed]) + number(token) + route + deflated))
    return token


@with_zlib
@pytest.mark.parametrize("level", [0, 1, 9])
def test_a_compressed_request_is_answered_in_plain(pitaya, level):
    body = json.dumps({"text": "tell me " * 500, "level": level}).encode()
    token = put(pitaya, zlib.compress(body, level))
    assert pitaya.answer(token).payload == body


@with_zlib
def test_what_inflates_to_the_limit_is_taken_and_what_goes_beyond_closes(server, pitaya):
    body = b'"' + b"x" * (INFLATED_MAX - 2) + b'"'
    token = put(pitaya, zlib.compress(body), "missing")
    assert pitaya.answer(token).error
    put(pitaya, zlib.compress(b'"' + b"x" * (INFLATED_MAX - 1) + b'"'))
    assert close_reason(server, pitaya) == "inflated_too_large"


@with_zlib
@pytest.mark.parametrize("spoil", [
    lambda whole: whole[:-1], lambda whole: whole + b"\0", lambda whole: whole[:-1] + bytes([whole[-1] ^ 1]),
    lambda whole: b"no zlib at all",
], ids=["cut off", "something behind", "wrong check", "not compressed"])
def test_what_zlib_refuses_closes(server, pitaya, spoil):
    put(pitaya, spoil(zlib.compress(b'{"a":1}')))
    assert close_reason(server, pitaya) == "corrupt_compression"


@with_zlib
def test_long_answers_of_scut_are_compressed_and_short_ones_are_not(server):
    with Scut(server.port("scut")) as client:
        action = listeners.NAMES["scut"]["raw"]
        assert b"short" in client.ask(action, {"text": "short"}).payload
        assert client.compressed == 0
        long = "so long " * 100
        assert long.encode() in client.ask(action, {"text": long}).payload
        assert client.compressed == 1


@without_zlib
def test_a_build_without_zlib_says_what_it_is_missing(server, pitaya):
    put(pitaya, zlib.compress(b'{"a":1}'))
    assert close_reason(server, pitaya) == "compression_unsupported"
