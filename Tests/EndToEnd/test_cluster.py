"""A gateway without modules and modules without a gateway: nothing a client sees is different."""

import json
import signal
import subprocess
import time

import pytest

import test_demo_contract
from cluster import Nodes, transports
from conftest import SHARED_LISTENERS
from gateprocess import binary, environment, run, wait_until
from test_demo_contract import in_room, logged_in, room
from wire import opened, publish

# The demo modules' contract, held once more by two processes; what fits no datagram is left out.
for _name, _test in vars(test_demo_contract).items():
    if _name.startswith("test_"):
        globals()[_name] = _test


@pytest.fixture(scope="module", params=transports())
def server(request):
    """The shared gateway; its modules run in another process."""
    nodes = Nodes(request.param)
    nodes.modules()
    yield nodes.gateway(listen=SHARED_LISTENERS)
    nodes.dispose()


@pytest.fixture(params=transports())
def nodes(request):
    """An empty cluster over each transport."""
    nodes = Nodes(request.param)
    yield nodes
    nodes.dispose()


def hello(wire):
    """One call."""
    return wire.ask_json("HelloWorld/HD_Say", {"say": "hello"})


def test_a_killed_node_is_a_fault_and_its_return_ends_it(nodes):
    modules, gateway = nodes.modules(), nodes.gateway()
    with opened(gateway.port()) as wire:
        assert hello(wire)["Result"] == "you say : hello"
        nodes.kill(modules)
        before = time.monotonic()
        assert hello(wire)["Error"] in ("service unreachable", "Service(type:HelloWorld) not found")
        # Its entry dies with the first message that nobody takes where somebody says so, else with its announcement.
        assert hello(wire)["Error"] == "Service(type:HelloWorld) not found"
        assert time.monotonic() - before < (5.5 if nodes.transport == "udp" else 1)
        nodes.modules(url=modules.url)
        wait_until(lambda: hello(wire)["Result"] == "you say : hello", "modules are back")


def test_a_node_that_stops_is_left_without_a_failed_call(nodes):
    leaving, _, gateway = nodes.modules(), nodes.modules(), nodes.gateway()
    wires = [opened(gateway.port(), f"c{number}") for number in range(8)]
    for turn in range(60):
        if turn == 20:
            leaving.send_signal(signal.SIGTERM)
        for wire in wires:
            assert hello(wire)["Result"] == "you say : hello"
    assert leaving.wait() == 0


def test_a_gateway_that_starts_again_serves_new_clients_and_gets_nothing_of_the_old_ones(nodes):
    nodes.modules()
    first = nodes.gateway("--node", "gate")
    old = in_room(first.port(), "ada", "r")
    nodes.kill(first)
    old.expect_closed()
    again = nodes.gateway("--node", "gate", url=first.url)
    with in_room(again.port(), "bob", "s") as bob, in_room(again.port(), "cy", "r") as cy:
        assert cy.ask_json("Chat/HD_Say", {"roomName": "r", "content": "hi"})["Error"] == ""
        # Slots of the new start have the numbers of the old one's; its start number differs.
        bob.send(publish("Chat/HD_Say/q", b'{"roomName":"s","content":"own"}'))
        topics = []
        while topics[-1:] != [b"Chat/HD_Say/q"]:
            message = bob.message()
            topics.append(message.topic)
            if message.topic == b"Chat/OnChat":
                assert json.loads(message.payload)["roomName"] == "s"


def test_two_gateways_share_rooms(nodes):
    nodes.modules()
    gateways = [nodes.gateway(), nodes.gateway()]
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
    nodes.modules()
    first, second = nodes.gateway("--second-login", "kick"), nodes.gateway("--second-login", "kick")
    with logged_in(first.port(), "ada") as old, logged_in(second.port(), "ada") as new:
        old.rest_until_closed()
        assert hello(new)["Result"] == "you say : hello"


def test_a_second_login_at_another_gateway_is_refused(nodes):
    nodes.modules()
    first, second = nodes.gateway("--second-login", "refuse"), nodes.gateway("--second-login", "refuse")
    with logged_in(first.port(), "ada") as old, opened(second.port()) as new:
        error = new.ask_json("Login/HD_Login", {"userName": "ada", "passWord": "any"})["Error"]
        assert error == "user is logged in elsewhere"
        assert hello(old)["Result"] == "you say : hello"


def test_nodes_and_call_say_what_is_there(nodes):
    nodes.modules("--run", "HelloWorld,Login", "--node", "back")
    nodes.gateway("--node", "front")
    listed = run("nodes", *nodes.look())
    assert listed.returncode == 0
    lines = [line.split() for line in listed.stdout.splitlines()]
    assert lines[0] == ["NODE", "KIND", "MODULES", "LOAD", "AGE", "INBOX"]
    assert lines[1][:4] == ["back", "modules", "HelloWorld,Login", "0"]
    assert lines[2][:4] == ["front", "gateway", "-", "0"]
    called = run("call", "HelloWorld@back", "HD_Say", '{"say":"x"}', *nodes.look())
    assert (called.returncode, called.stdout) == (0, '"you say : x"\n')
    missing = run("call", "Chat", "HD_Say", *nodes.look())
    assert (missing.returncode, missing.stderr) == (69, "error: Service(type:Chat) not found\n")


@pytest.mark.parametrize("words", [["nodes", "--wait", "10"], ["call", "HelloWorld", "HD_Say", '{"say":"x"}']],
                         ids=["nodes", "call"])
def test_over_udp_a_node_is_found_that_starts_later(words):
    nodes = Nodes("udp")
    try:
        _, url = nodes.place()
        command = [binary(), *words, "--rpc", url]
        asking = subprocess.Popen(
            command, env=environment(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            text=True)
        time.sleep(0.3)
        nodes.start("modules", "--node", "late", url=url)
        out, said = asking.communicate(timeout=30)
        assert asking.returncode == 0, said
        assert ("late" if words[0] == "nodes" else "you say : x") in out
    finally:
        nodes.dispose()


@pytest.mark.parametrize("words", [
    ["nodes", "--wait", "nan"], ["nodes", "--wait", "1e30"], ["call", "A", "b", "--timeout", "nan"],
    ["call", "A", "b", "--timeout", "3601"], ["nodes", "--wait=-1"]])
def test_a_time_that_is_none_is_refused(words):
    ended = run(*words, "--rpc", "udp://127.0.0.1:9")
    assert ended.returncode == 64
    assert "expected 0 to 3600 seconds" in ended.stderr


@pytest.mark.parametrize("names, says", [
    ("", "names no module"), (",", "names no module"), ("Chat,Chat", "names Chat twice"),
    ("Chat,Nope", "no module 'Nope'")])
def test_a_wrong_list_of_modules_is_refused(names, says):
    ended = run("modules", "--run", names, "--rpc", "udp://127.0.0.1:9")
    assert ended.returncode == 64
    assert says in ended.stderr


def test_a_peer_of_another_transport_is_refused():
    ended = run("gateway", "--rpc", "udp://127.0.0.1:9", "--peer", "udp://127.0.0.1:x")
    assert ended.returncode == 64


def test_nodes_of_one_name_are_warned_of(nodes):
    nodes.modules("--node", "same")
    second = nodes.modules("--node", "same")
    second.wait_for_log("another node has this one's name")


def test_an_answer_for_a_module_that_nobody_has_carries_the_clients_trace(nodes):
    gateway = nodes.gateway()
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    with opened(gateway.port()) as wire:
        # Listeners are there before the broker is reached.
        wait_until(lambda: hello(wire)["Error"] != "service unreachable", "the broker is reached")
        answer = wire.ask_json("Nope/HD_Say", {"traceparent": f"01-{trace}-00f067aa0ba902b7-01-more"})
        assert (answer["Error"], answer["Trace"]) == ("Service(type:Nope) not found", trace)


def test_serve_calls_its_own_modules_and_those_of_others(nodes):
    nodes.modules("--run", "Chat,HelloWorld", "--node", "back")
    mixed = nodes.start("serve", "--node", "front", listen=("mqtt://127.0.0.1:0",)).wait_for_ports()
    with opened(mixed.port()) as wire:
        for node in ("front", "back"):
            assert wire.ask_json(f"HelloWorld@{node}/HD_Say", {"say": "x"})["Result"] == "you say : x"
        assert wire.ask_json("Login@back/HD_Robot", {})["Error"] == "Service(type:Login) not found"

def test_the_trace_of_a_client_is_in_the_answer_and_in_the_logs_of_all_nodes(nodes):
    modules = nodes.modules("--log-level", "debug")
    gateway = nodes.gateway("--log-level", "debug")
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    with opened(gateway.port()) as wire:
        answer = wire.ask_json(
            "HelloWorld/HD_Say", {"say": "x", "traceparent": f"00-{trace}-00f067aa0ba902b7-01"})
        assert (answer["Trace"], answer["Result"]) == (trace, "you say : x")
        for node in (gateway, modules):
            node.wait_for_log(trace)
        # A request that names none gets one of its own, which all nodes know as well.
        other = hello(wire)["Trace"]
        assert other != trace
        for node in (gateway, modules):
            node.wait_for_log(other)


def test_a_cast_to_fifty_clients_is_one_message_of_the_broker(nodes):
    if nodes.transport != "nats":
        return
    nodes.modules()
    gateway = nodes.gateway()
    wires = [opened(gateway.port(), f"w{number}") for number in range(50)]
    for wire in wires:
        assert wire.ask("Echo/HD_Join")
    before, casts = nodes.broker.messages(), 100
    for number in range(casts):
        assert wires[0].ask("Echo/HD_Cast", str(number).encode())
    for wire in wires[1:]:
        heard = [wire.message("Echo/OnCast").payload for _ in range(casts)]
        assert heard == [b"%d" % number for number in range(casts)]
    # The request, its answer, the cast; and what nodes say every second.
    assert nodes.broker.messages() - before < 3 * casts + 60


# Only an executable without further transports can show it.
if transports() == ["udp"]:
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
