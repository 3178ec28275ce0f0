"""Users: a second login, and messages to whoever a user is."""

import json

import pytest

from frames import FramedJSON
from wire import Closed, opened


def log_in(wire, user):
    """The envelope of a login."""
    return wire.ask_json("Login/HD_Login", {"userName": user, "passWord": "x"})


def test_allow_lets_both_stay(gatehouse):
    port = gatehouse("--second-login", "allow").port()
    with opened(port) as first, opened(port) as second:
        assert log_in(first, "user")["Result"] == log_in(second, "user")["Result"] == "login success user"
        first.ping()
        second.ping()


def test_refuse_keeps_the_first(gatehouse):
    port = gatehouse("--second-login", "refuse").port()
    with opened(port) as first, opened(port) as second, opened(port) as other:
        assert log_in(first, "user")["Error"] == ""
        assert log_in(second, "user")["Error"] != ""
        assert log_in(other, "another")["Error"] == ""
        first.ping()
        first.close()


def test_refuse_lets_the_user_in_again_once_the_first_is_gone(gatehouse):
    port = gatehouse("--second-login", "refuse").port()
    first = opened(port)
    assert log_in(first, "user")["Error"] == ""
    first.send(b"\xe0\x00")
    first.expect_closed()
    with opened(port) as second:
        assert log_in(second, "user")["Error"] == ""


@pytest.mark.parametrize("loops", [1, 4])
def test_kick_tells_the_first_and_closes_it(gatehouse, loops):
    port = gatehouse("--second-login", "kick", "--loops", loops).port()
    with opened(port) as first, opened(port) as second, opened(port) as other:
        assert log_in(other, "another")["Error"] == ""
        assert log_in(first, "user")["Error"] == ""
        assert log_in(second, "user")["Error"] == ""
        notice = first.expect(3)
        assert notice.topic == b"Gate/OnKick"
        assert list(json.loads(notice.payload)) == ["reason"]
        first.expect_closed()
        second.ping()
        other.ping()


def test_kick_over_protocols(gatehouse):
    server = gatehouse("--second-login", "kick")
    with FramedJSON(server.port("length32-json")) as first, opened(server.port()) as second:
        assert "result" in first.ask("Login/HD_Login", {"userName": "user", "passWord": "x"})
        assert log_in(second, "user")["Error"] == ""
        assert "reason" in json.dumps(first.take_json())
        with pytest.raises(Closed):
            first.take()


def test_kick_twenty_times_leaves_one(gatehouse):
    port = gatehouse("--second-login", "kick", "--loops", 4).port()
    wires = [opened(port) for _ in range(20)]
    for wire in wires:
        assert log_in(wire, "user")["Error"] == ""
    for wire in wires[:-1]:
        assert wire.expect(3).topic == b"Gate/OnKick"
        wire.expect_closed()
    wires[-1].ping()
    wires[-1].close()


def test_logging_in_again_on_the_same_connection_kicks_nobody(gatehouse):
    port = gatehouse("--second-login", "kick").port()
    with opened(port) as wire:
        for _ in range(3):
            assert log_in(wire, "user")["Error"] == ""
        wire.ping()
