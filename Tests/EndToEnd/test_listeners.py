"""What a listener says of its protocol: parameters, limits, routes, and what an operator is told of them."""

import json
import socket

import pytest

from gateprocess import run
from systems import listeners
from systems.leaf import LeafProtobuf
from wire import Wire


def test_two_listeners_with_other_parameters_do_not_meet(gatehouse):
    server = gatehouse(listen=["leaf-pb://127.0.0.1:0?length=u8&route=Echo/HD_Raw",
                               "leaf-pb://127.0.0.1:0?length=u32&order=le&route=Echo/HD_Raw"])
    with LeafProtobuf(server.port("leaf-pb", 0), width=1) as small, \
            LeafProtobuf(server.port("leaf-pb", 1), width=4, order="little") as wide:
        assert small.ask(7, b"x").payload == b"x"
        assert wide.ask(7, b"x" * 1000).payload == b"x" * 1000


@pytest.mark.parametrize("url, words", [
    ("leaf-pb://127.0.0.1:0?length=u64", "u16, u8, u32"),
    ("leaf-pb://127.0.0.1:0?lenght=u8", "length"),
    ("pomelo://127.0.0.1:0?heartbeat=0", "1...3600"),
    ("nothing://127.0.0.1:0", "no protocol is called 'nothing'"),
    ("length16://127.0.0.1:0?route=nowhere", "type/handler"),
])
def test_a_listener_that_cannot_be_is_refused_with_what_would_be_valid(url, words):
    found = run("serve", "--listen", url)
    assert found.returncode in (64, 78) and words in found.stderr, found.stderr


def echo(wire, length, width=4):
    """Sends a frame and reads it back."""
    frame = length.to_bytes(width, "big") + b"x" * length
    wire.send(frame)
    assert wire.read(len(frame)) == frame


def test_a_listeners_limit_takes_the_place_of_the_files(gatehouse):
    server = gatehouse(listen=["length32://127.0.0.1:0?route=Echo/HD_Raw&frameBytesMax=100",
                               "length32://127.0.0.1:0?route=Echo/HD_Raw"])
    with Wire(server.port("length32", 0)) as wire, Wire(server.port("length32", 1)) as other:
        echo(wire, 95)
        echo(wire, 96)
        wire.send((97).to_bytes(4, "big"))
        wire.expect_closed()
        echo(other, 60_000)


def test_an_operator_is_told_of_listeners_that_lead_nowhere(gatehouse):
    server = gatehouse(listen=["length16://127.0.0.1:0", "length32://127.0.0.1:0", "firefly://127.0.0.1:0",
                               "line://127.0.0.1:0?route=Echo/HD_Raw", "pomelo://127.0.0.1:0"])
    warnings = [line for line in server.stderr().splitlines() if "warning" in line]
    for name in ("length16", "length32", "firefly"):
        assert sum(f"'{name}'" in line and "?route=Type/Function" in line for line in warnings) == 1, warnings
    led = [line for line in warnings if "route" in line]
    assert not any("'line'" in line or "'pomelo'" in line for line in led)
    with Wire(server.port("length32")) as wire:
        # A request that goes nowhere gets no answer; an empty frame is a heartbeat and comes back.
        wire.send(b"\0\0\0\1x" + b"\0\0\0\0")
        assert wire.read(4) == b"\0\0\0\0"
    assert server.counter("bad_topic") == 1


def test_check_config_shows_routes_and_refuses_bad_ones(tmp_path):
    (tmp_path / "good.json5").write_text(listeners.configuration(*map(listeners.listener, listeners.NAMES)))
    assert run("check-config", "--config", tmp_path / "good.json5").returncode == 0
    for protocol, routes in (("firefly", {"one": "A/B"}), ("firefly", {"1": "A"}), ("pomelo", {"x": ""}),
                             ("cellnet", {"a.B": "A/B", "19": "A/C", "13": "A/D", "a.C": "A/E -> "})):
        (tmp_path / "bad.json5").write_text(listeners.configuration(
            {"protocol": protocol, "host": "127.0.0.1", "port": 0, "routes": routes}))
        found = run("check-config", "--config", tmp_path / "bad.json5")
        assert found.returncode == 78 and "bad.json5" in found.stderr, (routes, found.stderr)


def test_the_envelope_of_mqant_where_a_listener_asks_for_it(gatehouse):
    server = gatehouse(listen=["length32://127.0.0.1:0?route=HelloWorld/HD_Say&envelope=mqant"])
    with Wire(server.port("length32")) as wire:
        wire.send((11).to_bytes(4, "big") + b'{"say":"x"}')
        found = json.loads(wire.read(int.from_bytes(wire.read(4), "big")))
        assert list(found) == ["Trace", "Error", "Result"] and found["Result"] == "you say : x"


def has_ipv6():
    """Whether this machine has an IPv6 loopback."""
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            return True
    except OSError:
        return False


LOOPBACKS = ["127.0.0.1"] + ["::1"] * has_ipv6()


def mqant_gate(address):
    """A file of mqant's with one gate."""
    return json.dumps({"Module": {"Gate": [{
        "Id": "G", "ProcessID": "development", "Settings": {"TCPAddr": address}}]}})


@pytest.mark.parametrize("flags", [
    ["--listen", "mqtt://:0"],
    ["--listen", "mqtt://*:0"],
    mqant_gate(":0"),
    mqant_gate("0.0.0.0:0"),
    mqant_gate("[::]:0"),
    mqant_gate("*:0"),
    json.dumps({"listeners": ["mqtt://:0"]}),
    json.dumps({"listeners": [{"protocol": "mqtt", "host": "", "port": 0}]}),
    json.dumps({"listeners": [{"protocol": "mqtt", "host": "*", "port": 0}]}),
    json.dumps({"listeners": [{"protocol": "mqtt", "port": 0}]}),
])
def test_nothing_before_the_colon_is_all_addresses(gatehouse, tmp_path, flags):
    if isinstance(flags, str):
        (tmp_path / "server.json").write_text(flags)
        flags = ["-conf", tmp_path / "server.json"]
    assert run("check-config", *flags).returncode == 0
    server = gatehouse(*flags, listen=[])
    assert [entry["host"] for entry in server.listeners] == [""]
    for host in LOOPBACKS:
        with Wire(server.port(), host=host) as wire:
            assert wire.open("all") == (0, 0)
            wire.ping()


@pytest.mark.parametrize("host, taken", [("0.0.0.0", "127.0.0.1"), ("[::]", "::1"), ("127.0.0.2", "127.0.0.2")])
def test_an_address_means_itself(gatehouse, host, taken):
    if taken not in LOOPBACKS and ":" in taken:
        pytest.skip("there is no IPv6 here")
    server = gatehouse(listen=[f"mqtt://{host}:0"])
    with Wire(server.port(), host=taken) as wire:
        assert wire.open("one") == (0, 0)
    for other in {"127.0.0.1", "::1"} & set(LOOPBACKS) - {taken}:
        with pytest.raises(ConnectionRefusedError):
            Wire(server.port(), host=other)


@pytest.mark.parametrize("urls", [
    ["mqtt://192.0.2.1:0"], ["mqtt://[2001:db8::1]:0"], ["mqtt://no.such.host.invalid:0"],
    ["mqtt://127.0.0.1:39999", "length32-json://:39999"], ["mqtt://127.0.0.1:39999", "mqtt://127.0.0.1:39999"],
    ["mqtt://localhost:39999", "mqtt://127.0.0.1:39999"],
])
def test_check_config_and_serve_say_the_same_of_addresses_that_cannot_be(urls):
    flags = [flag for url in urls for flag in ("--listen", url)]
    found = [run(command, *flags) for command in ("check-config", "serve")]
    assert [done.returncode for done in found] == [69, 69]
    assert found[0].stderr == found[1].stderr and found[0].stderr.startswith(f"error: {urls[-1]}: "), found


@pytest.mark.parametrize("address", [
    "h", "", "[::1]", ":65536", ":x", ":-1", ":", "[::1::2]:1", "[]:1", "a b:1", "**:1"])
def test_check_config_and_serve_say_the_same_of_addresses_that_are_none(address):
    found = [run(command, "--listen", f"mqtt://{address}") for command in ("check-config", "serve")]
    assert [done.returncode for done in found] == [64, 64], found
    assert found[0].stderr == found[1].stderr and "--listen: error: listener" in found[0].stderr


def test_a_server_that_runs_can_be_checked(gatehouse):
    port = gatehouse(listen=["mqtt://:0"]).port()
    assert run("check-config", "--listen", f"mqtt://:{port}").returncode == 0
    done = run("serve", "--listen", f"mqtt://:{port}")
    assert done.returncode == 69 and "in use" in done.stderr
