"""What a client still gets that leaves, or closes its own side, behind its last messages: the same in one process
and in several."""

import json
import socket
import struct

import pytest

from cluster import Nodes, transports
from conftest import SHARED_LISTENERS, end
from gateprocess import Gatehouse
from wire import DISCONNECT, PUBLISH, Closed, Wire, connect, opened, packet, publish, watcher

ONE_PROCESS = "one process"
FUNCTIONS = ["HD_Raw", "HD_RawOrdered", "HD_RawSerial", "HD_RawConcurrent"]


@pytest.fixture(scope="module", params=[ONE_PROCESS, *transports()])
def server(request):
    """A gateway with the demo modules in its own process, or in another one."""
    if request.param == ONE_PROCESS:
        server = Gatehouse(listen=SHARED_LISTENERS).wait_for_ports()
        yield server
        end(server)
    else:
        nodes = Nodes(request.param)
        nodes.modules()
        yield nodes.gateway(listen=SHARED_LISTENERS)
        nodes.dispose()


def answers(wire):
    """Topics and payloads of all messages until the server closes."""
    found = []
    while True:
        try:
            message = wire.packet()
        except Closed:
            return found
        if message.kind == PUBLISH:
            found.append((message.topic.decode(), message.payload.decode()))


@pytest.mark.parametrize("function", FUNCTIONS)
def test_five_requests_and_a_disconnect_in_one_write_are_answered(port, function):
    with opened(port) as wire:
        topics = [f"Echo/{function}/{number}" for number in range(5)]
        wire.send(*(publish(topic, topic) for topic in topics), packet(DISCONNECT))
        assert sorted(answers(wire)) == [(topic, topic) for topic in topics]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_whole_life_in_one_write_is_answered(port, function):
    with Wire(port) as wire:
        topic = f"Echo/{function}/1"
        wire.send(connect("short", keep_alive=60), publish(topic, "x", qos=1, identifier=1), packet(DISCONNECT))
        assert answers(wire) == [(topic, "x")]


def test_what_comes_before_a_malformed_packet_is_answered(port):
    with opened(port) as wire:
        wire.send(publish("Echo/HD_RawOrdered/1", "x"), b"\x36\x03\x00\x01a")
        assert answers(wire) == [("Echo/HD_RawOrdered/1", "x")]


def test_a_client_that_closed_its_side_gets_a_slow_answer(port):
    with opened(port) as wire:
        wire.send(publish("Echo/HD_Wait/1", json.dumps({"milliseconds": 300})))
        wire.socket.shutdown(socket.SHUT_WR)
        assert [topic for topic, _ in answers(wire)] == ["Echo/HD_Wait/1"]


def test_so_does_one_of_another_protocol(server):
    body = json.dumps({"route": "Echo/HD_Wait", "id": 7, "body": {"milliseconds": 300}}).encode()
    with Wire(server.port("length32-json")) as wire:
        wire.send(struct.pack(">I", len(body)), body)
        wire.socket.shutdown(socket.SHUT_WR)
        (length,) = struct.unpack(">I", wire.read(4))
        assert json.loads(wire.read(length))["id"] == 7
        assert wire.rest_until_closed() == b""


@pytest.mark.parametrize("way", ["close", "disconnect", "half"])
def test_all_of_three_hundred_messages_are_handled_though_their_client_leaves(port, way):
    with watcher(port) as watching:
        wire = opened(port)
        messages = [publish("Echo/HD_Cast", f"{way} {number}", qos=1, identifier=number) for number in range(1, 301)]
        wire.send(*messages, *([packet(DISCONNECT)] if way == "disconnect" else []))
        if way == "half":
            wire.socket.shutdown(socket.SHUT_WR)
            wire.rest_until_closed()
        wire.close()
        seen = {f"{way} {number}" for number in range(1, 301)}
        while seen:
            seen.discard(watching.message("Echo/OnCast").payload.decode())
