"""Descriptors that change while clients are connected."""

import json
import os
import signal

import pytest

from gateprocess import wait_until
from wire import Closed, Wire

# The first byte of an answer says which version wrote it.
FILE = """{
  summary: "version %(version)d",
  frame: [
    {name: "op", type: "u8", enum: {request: 1, response: %(version)d}},
    {name: "size", type: "u16", counts: "after"},
    {name: "payload", type: "bytes", len: "rest"},
  ],
  kinds: {request: {op: "request"}, response: {op: "response"}},
}
"""


class Game(Wire):
    """A client of the protocol above."""

    def ask(self, payload):
        """The version that answered; the payload must come back."""
        self.send(b"\1" + len(payload).to_bytes(2, "big") + payload)
        head = self.read(3)
        assert self.read(int.from_bytes(head[1:], "big")) == payload
        return head[0]


@pytest.fixture
def folder(tmp_path):
    """A folder of descriptors with the version 2 of one."""
    put(tmp_path, FILE % {"version": 2})
    return tmp_path


def put(folder, text, name="game"):
    """Writes a file as editors do: aside, then in its place."""
    aside = folder / f".{name}.new"
    aside.write_text(text)
    os.replace(aside, folder / f"{name}.json5")


def start(gatehouse, folder, *more):
    """A server of this folder."""
    return gatehouse("--protocols", folder, "--log-level", "info",
                     listen=["game://127.0.0.1:0?route=Echo/HD_Raw", *more])


def change(server, how):
    """Makes the server look, or waits until it does by itself."""
    if how == "SIGHUP":
        server.send_signal(signal.SIGHUP)


@pytest.mark.parametrize("how", ["SIGHUP", "change"])
def test_those_who_are_there_keep_their_version_and_new_ones_get_the_new(gatehouse, folder, how):
    server = start(gatehouse, folder)
    with Game(server.port("game")) as old:
        assert old.ask(b"x") == 2
        put(folder, FILE % {"version": 3})
        change(server, how)
        server.wait_for_log("protocol loaded")
        with Game(server.port("game")) as new:
            assert (old.ask(b"x"), new.ask(b"y")) == (2, 3)
            put(folder, FILE % {"version": 4})
            change(server, how)
            wait_until(lambda: server.stderr().count("protocol loaded") == 2, "the second version")
            with Game(server.port("game")) as newest:
                assert [client.ask(b"z") for client in (old, new, newest)] == [2, 3, 4]


@pytest.mark.parametrize("how", ["SIGHUP", "change"])
def test_a_broken_file_keeps_the_last_good_version_and_says_why(gatehouse, folder, how):
    server = start(gatehouse, folder)
    put(folder, (FILE % {"version": 3}).replace('"u16", counts', '"u17", counts'))
    change(server, how)
    server.wait_for_log("protocol file is not used")
    assert "game.json5:5:26" in server.stderr() and "u17" in server.stderr() and "u16" in server.stderr()
    with Game(server.port("game")) as client:
        assert client.ask(b"x") == 2
    put(folder, "{ frame: [ ")
    change(server, how)
    wait_until(lambda: server.stderr().count("protocol file is not used") >= 2, "the second fault")
    put(folder, FILE % {"version": 5})
    change(server, how)
    server.wait_for_log("protocol loaded")
    with Game(server.port("game")) as client:
        assert client.ask(b"x") == 5


def test_a_file_that_is_gone_leaves_its_last_version(gatehouse, folder):
    server = start(gatehouse, folder)
    (folder / "game.json5").unlink()
    server.send_signal(signal.SIGHUP)
    with Game(server.port("game")) as client:
        assert client.ask(b"x") == 2
    put(folder, FILE % {"version": 7})
    server.send_signal(signal.SIGHUP)
    server.wait_for_log("protocol loaded")
    with Game(server.port("game")) as client:
        assert client.ask(b"x") == 7


def test_a_shipped_protocol_is_replaced_by_a_file_of_its_name(gatehouse, folder):
    server = start(gatehouse, folder, "length16://127.0.0.1:0?route=Echo/HD_Raw")
    with Wire(server.port("length16")) as old:
        old.send(b"\0\1x")
        assert old.read(3) == b"\0\1x", "only now it is sure to be accepted"
        put(folder, '{frame: [{name: "size", type: "u16", counts: "after", plus: 2}, '
                    '{name: "payload", type: "bytes", len: "rest"}]}', "length16")
        server.send_signal(signal.SIGHUP)
        server.wait_for_log("protocol loaded")
        with Wire(server.port("length16")) as new:
            old.send(b"\0\2hi")
            new.send(b"\0\4hi")
            assert (old.read(4), new.read(4)) == (b"\0\2hi", b"\0\4hi")


def test_a_bad_file_does_not_stop_the_others(gatehouse, folder):
    put(folder, "nonsense", "bad")
    put(folder, "{}", "worse")
    put(folder, '{frame: [{name: "n", type: "u8", is: "$n"}]}', "worst")
    server = start(gatehouse, folder, "line://127.0.0.1:0?route=Echo/HD_Raw")
    for name in ("bad.json5:1:", "worse.json5:1:", "worst.json5:1:"):
        assert name in server.stderr()
    with Game(server.port("game")) as client, Wire(server.port("line")) as line:
        assert client.ask(b"x") == 2
        line.send(b"x\r\n")
        assert line.read(3) == b"x\r\n"


def test_the_counters_name_versions(gatehouse, folder):
    server = start(gatehouse, folder)
    with Game(server.port("game")) as old:
        old.ask(b"x")
        put(folder, FILE % {"version": 3})
        server.send_signal(signal.SIGHUP)
        server.wait_for_log("protocol loaded")
        with Game(server.port("game")) as new:
            new.ask(b"x")
            text = json.dumps(server.counters())
            assert "game" in text or "connections" in text
            old.close()
            with pytest.raises((Closed, OSError)):
                old.ask(b"x")
