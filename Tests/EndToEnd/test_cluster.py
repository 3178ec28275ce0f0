"""A gateway without modules and modules without a gateway: nothing a client sees is different."""

import json
import signal
import socket
import time

import pytest

import test_demo_contract
from conftest import SHARED_LISTENERS, end
from gateprocess import Gatehouse, run, wait_until
from test_demo_contract import in_room, logged_in, room
from wire import opened, publish

# The demo modules' contract, held once more by two processes; what fits no datagram is left out.
for _name, _test in vars(test_demo_contract).items():
    if _name.startswith("test_"):
        globals()[_name] = _test


def address():
    """A free UDP port of the loopback, as a URL."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return f"udp://127.0.0.1:{probe.getsockname()[1]}"


def start_modules(url, *flags):
    """A node with modules."""
    return Gatehouse("--rpc", url, *flags, listen=(), command="modules").wait_for_log("serving")


def start_gateway(peer, *flags, listen=("mqtt://127.0.0.1:0",), url=None):
    """A gateway that knows the node behind `peer`."""
    gateway = Gatehouse("--rpc", url or address(), "--peer", peer, *flags, listen=listen, command="gateway")
    return gateway.wait_for_ports().wait_for_log("node joined")


@pytest.fixture(scope="module")
def server():
    """The shared gateway; its modules run in another process."""
    url = address()
    modules = start_modules(url)
    gateway = start_gateway(url, listen=SHARED_LISTENERS)
    yield gateway
    end(gateway)
    end(modules)


@pytest.fixture
def nodes():
    """Collects processes that the test starts; each that still runs ends as it should."""
    started = []
    yield started
    for node in reversed(started):
        if node.process.poll() is None:
            end(node)
        else:
            node.dispose()


def hello(wire):
    """One call."""
    return wire.ask_json("HelloWorld/HD_Say", {"say": "hello"})


def test_a_killed_node_is_a_fault_at_once_and_its_return_ends_it(nodes):
    url = address()
    nodes.append(modules := start_modules(url))
    nodes.append(gateway := start_gateway(url))
    with opened(gateway.port()) as wire:
        assert hello(wire)["Result"] == "you say : hello"
        modules.send_signal(signal.SIGKILL)
        modules.wait()
        before = time.monotonic()
        assert hello(wire)["Error"] in ("service unreachable", "Service(type:HelloWorld) not found")
        assert hello(wire)["Error"] == "Service(type:HelloWorld) not found"
        assert time.monotonic() - before < 5
        nodes.append(start_modules(url))
        wait_until(lambda: hello(wire)["Result"] == "you say : hello", "modules are back")


def test_a_node_that_stops_is_left_without_a_failed_call(nodes):
    first, second = address(), address()
    nodes.append(leaving := start_modules(first))
    nodes.append(start_modules(second))
    nodes.append(gateway := start_gateway(first, "--peer", second))
    gateway.wait_for_log(second.removeprefix("udp://"))
    wires = [opened(gateway.port(), f"c{number}") for number in range(8)]
    for turn in range(60):
        if turn == 20:
            leaving.send_signal(signal.SIGTERM)
        for wire in wires:
            assert hello(wire)["Result"] == "you say : hello"
    assert leaving.wait() == 0


def test_two_gateways_share_rooms(nodes):
    url = address()
    nodes.append(start_modules(url))
    gateways = [start_gateway(url), start_gateway(url)]
    nodes.extend(gateways)
    with in_room(gateways[0].port(), "ada", "r") as ada, in_room(gateways[1].port(), "bob", "r") as bob:
        assert json.loads(ada.message("Chat/OnJoin").payload)["user"] == "bob"
        assert bob.ask_json("Chat/HD_Say", {"roomName": "r", "content": "hi"})["Error"] == ""
        assert json.loads(ada.message("Chat/OnChat").payload)["msg"] == "hi"
        bob.close()
        # The module hears that the session has ended, and says so when somebody speaks.
        def left():
            topics = []
            ada.send(publish("Chat/HD_Say/q", b'{"roomName":"r","content":"anyone?"}'))
            while topics[-1:] != [b"Chat/HD_Say/q"]:
                topics.append(ada.message().topic)
            return b"Chat/OnLeave" in topics
        wait_until(left, "bob has left")


def test_a_second_login_at_another_gateway_kicks_the_first(nodes):
    url, other = address(), address()
    nodes.append(start_modules(url))
    nodes.append(first := start_gateway(url, "--second-login", "kick", url=other))
    nodes.append(second := start_gateway(url, "--second-login", "kick", "--peer", other))
    second.wait_for_log(other.removeprefix("udp://"))
    with logged_in(first.port(), "ada") as old, logged_in(second.port(), "ada") as new:
        old.rest_until_closed()
        assert hello(new)["Result"] == "you say : hello"


def test_a_second_login_at_another_gateway_is_refused(nodes):
    url, other = address(), address()
    nodes.append(start_modules(url))
    nodes.append(first := start_gateway(url, "--second-login", "refuse", url=other))
    nodes.append(second := start_gateway(url, "--second-login", "refuse", "--peer", other))
    second.wait_for_log(other.removeprefix("udp://"))
    with logged_in(first.port(), "ada") as old, opened(second.port()) as new:
        error = new.ask_json("Login/HD_Login", {"userName": "ada", "passWord": "any"})["Error"]
        assert error == "user is logged in elsewhere"
        assert hello(old)["Result"] == "you say : hello"


def test_nodes_and_call_say_what_is_there(nodes):
    url = address()
    nodes.append(start_modules(url, "--run", "HelloWorld,Login", "--node", "back"))
    nodes.append(start_gateway(url, "--node", "front"))
    listed = run("nodes", "--rpc", url)
    assert listed.returncode == 0
    lines = [line.split() for line in listed.stdout.splitlines()]
    assert lines[0] == ["NODE", "KIND", "MODULES", "LOAD", "AGE", "INBOX"]
    assert lines[1][:4] == ["back", "modules", "HelloWorld,Login", "0"]
    called = run("call", "HelloWorld@back", "HD_Say", '{"say":"x"}', "--rpc", url)
    assert (called.returncode, called.stdout) == (0, '"you say : x"\n')
    missing = run("call", "Chat", "HD_Say", "--rpc", url)
    assert (missing.returncode, missing.stderr) == (69, "error: Service(type:Chat) not found\n")


@pytest.mark.parametrize("url,trait,package", [
    ("nats://h:1", "NATS", "libnats-dev"), ("redis://h:1", "Redis", "libhiredis-dev"),
    ("amqp://h:1", "RabbitMQ", "librabbitmq-dev"),
])
def test_a_transport_that_is_not_built_in_says_how_to_build_it(url, trait, package):
    ended = run("gateway", "--rpc", url)
    assert ended.returncode == 64
    assert f"apt-get install -y {package} && swift build -c release --traits {trait}" in ended.stderr


@pytest.mark.parametrize(
    "url", ["udp://10.0.0.1:1", "udp://127.0.0.1", "udp://example.org:1", "127.0.0.1:1", "x://a:1"])
def test_other_urls_are_refused(url):
    ended = run("gateway", "--rpc", url)
    assert ended.returncode == 64
    assert len(ended.stderr.splitlines()) == 1


def test_without_a_way_to_other_nodes_a_gateway_does_not_start():
    ended = run("gateway")
    assert ended.returncode == 64
    assert "--rpc is missing" in ended.stderr
