"""Hostile bytes: they cost their sender the connection and nobody else anything."""

import random

import pytest

from amount import amount
from flood import flood
from frames import Framed, FramedJSON
from wire import Wire, connect, field, numbered, opened, packet, publish, subscribe

MEBIBYTE = 1 << 20
#: What memory may grow by, however many came: some 90 bytes for each.
GROWTH_MAX = amount(8, 3) * MEBIBYTE

MALFORMED = [
    b"\x00", b"\xff" * 64, b"\x10\xff\xff\xff\xff\x7f", b"\x10\x00", b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 32, b"\x10\xff\xff\xff\x7f",
    packet(12), publish("a", b"b"), connect("a", name="XXXX"), connect(b"\xff"), connect("a", level=9),
    connect("a", flags=0x03), connect("a", tail=b"\x00"), connect("") + b"\xf0\x00", connect("a") + publish("a/#"),
    connect("a") + subscribe(0, ("a", 0)), connect("a") + numbered(6, 1, flags=0), connect("a") + packet(15),
    connect("a") + b"\x30\xff\xff\xff\x7f", packet(1, 0, field("MQTT")), packet(1, 0, b"\x00\x04MQTT\x04\x02"),
]


def test_malformed_connections_leave_memory_flat(gatehouse):
    server = gatehouse()
    count = amount(10_000, 3_500)
    with opened(server.port()) as bystander:
        flood(server.port(), MALFORMED, count)
        warm = server.resident_bytes()
        for _ in range(9):
            flood(server.port(), MALFORMED, count)
            bystander.ping()
        assert bystander.ask("Echo/HD_Raw", b"unharmed") == b"unharmed"
        assert server.resident_bytes() - warm < GROWTH_MAX


def test_bogus_names_leave_memory_flat(gatehouse):
    server = gatehouse()

    def ask_bogus(wire, numbers):
        numbers = list(numbers)
        for start in range(0, len(numbers), 100):
            batch = numbers[start:start + 100]
            wire.send(*(publish(f"Bogus{n}/HD_Bogus{n}/{n}" if n % 2 else f"Echo/HD_Bogus{n}/{n}", b"{}")
                        for n in batch))
            for n in batch:
                found = wire.packet()
                assert found.topic.endswith(f"/{n}".encode()) and b"not found" in found.payload

    with opened(server.port()) as wire:
        ask_bogus(wire, range(10_000))
        warm = server.resident_bytes()
        ask_bogus(wire, range(10_000, amount(110_000, 45_000)))
        assert server.resident_bytes() - warm < GROWTH_MAX
        assert wire.ask("Echo/HD_Raw", b"unharmed") == b"unharmed"


def test_bogus_nodes_functions_and_client_ids_leave_memory_flat(gatehouse):
    server = gatehouse()
    with opened(server.port()) as wire:
        def ask(numbers):
            for n in numbers:
                wire.send(publish(f"Echo@node{n}/HD_Raw/{n}", b"x"), publish(f"Echo/Bogus{n}/{n}", b"x"))
                wire.packet(), wire.packet()
            flood(server.port(), [connect(f"client{n}") + packet(14) for n in numbers], len(numbers))
        ask(range(3000))
        warm = server.resident_bytes()
        ask(range(3000, amount(15_000, 8_000)))
        assert server.resident_bytes() - warm < GROWTH_MAX


def test_kept_sessions_are_bounded(gatehouse):
    server = gatehouse("--loops", 2)
    port = server.port()
    flood(port, [connect(f"kept{n}", clean=False) + packet(14) for n in range(11_000)], 11_000)
    warm = server.resident_bytes()
    more = amount(20_000, 7_500)
    flood(port, [connect(f"more{n}", clean=False) + packet(14) for n in range(more)], more)
    assert server.resident_bytes() - warm < GROWTH_MAX
    with Wire(port) as wire:
        assert wire.open(f"more{more - 1}", clean=False)[1] == 0


@pytest.mark.parametrize("seed", range(20))
def test_random_bytes_harm_nobody_else(server, seed):
    dice = random.Random(seed)
    with opened(server.port()) as bystander:
        sayings = []
        for _ in range(200):
            noise = dice.randbytes(dice.randrange(1, 200))
            good = [connect("noise"), publish("Echo/HD_Raw/1", b"x"), subscribe(1, ("a", 1)), packet(12)]
            mixed = bytearray(b"".join(dice.choices(good, k=3)) + noise)
            for _ in range(dice.randrange(4)):
                mixed[dice.randrange(len(mixed))] = dice.randrange(256)
            sayings.append(bytes(mixed) + b"\xf0\x00\xff\xff\xff\xff\xff")
        for protocol in ("mqtt", "length16", "length32", "length32-json"):
            for saying in sayings[:50] if protocol != "mqtt" else sayings:
                with Wire(server.port(protocol)) as wire:
                    try:
                        wire.send(saying)
                    except OSError:
                        pass
        assert bystander.ask("Echo/HD_Raw", b"unharmed") == b"unharmed"
    with FramedJSON(server.port("length32-json")) as talk:
        assert talk.ask("Echo/HD_Echo", {})["result"] == {}


@pytest.mark.parametrize("cut", range(1, 40))
def test_a_client_that_leaves_in_the_middle_of_a_packet_harms_nobody(port, cut):
    stream = connect("cut", user="u", password="p") + publish("Echo/HD_Raw/1", b"payload", qos=1, identifier=1)
    with Wire(port) as wire:
        wire.send(stream[:cut])
        wire.reset() if cut % 2 else wire.close()
    with opened(port) as wire:
        wire.ping()


def test_every_truncation_of_every_packet_waits_or_closes_but_never_answers_wrongly(port):
    whole = publish("Echo/HD_Raw/whole", b"payload")
    for cut in range(1, len(whole)):
        with opened(port) as wire:
            wire.send(whole[:cut])
            wire.send(whole[cut:])
            assert wire.packet().payload == b"payload"


def test_deeply_nested_json_is_refused_or_echoed(port):
    for depth in (10, 100, 1000, 10_000, 30_000):
        body = b'{"a":' + b"[" * depth + b"]" * depth + b"}"
        with opened(port) as wire:
            assert b'"Error"' in wire.ask("Echo/HD_Echo", body)
            wire.ping()


@pytest.mark.parametrize("function, body", [
    ("Login/HD_Login", {"userName": 1, "passWord": []}), ("Login/HD_Login", {"userName": None, "passWord": None}),
    ("Chat/HD_JoinChat", {"roomName": {}}), ("Chat/HD_Say", {"roomName": [], "from": 1, "target": 2, "content": 3}),
    ("HelloWorld/HD_Say", {"say": {"deep": 1}}), ("HelloWorld/HD_Say", {}),
])
def test_fields_of_another_type_harm_nobody(port, function, body):
    with opened(port) as wire:
        assert set(wire.ask_json(function, body)) == {"Trace", "Error", "Result"}
        wire.ping()


@pytest.mark.parametrize("payload", [b"", b"[]", b"null", b"1", b'"text"', b"\xff", b" {}", b"\x00"])
@pytest.mark.parametrize("function", ["Login/HD_Login", "Chat/HD_Say", "HelloWorld/HD_Say", "Echo/HD_Echo"])
def test_payloads_that_are_no_object_harm_nobody(port, function, payload):
    with opened(port) as wire:
        wire.ask(function, payload)
        wire.ping()


def test_frames_that_end_in_the_middle_harm_nobody(server):
    for start in (b"\x00", b"\x00\x00\x00\x05ab", b"\x00\x05ab"):
        for width in (2, 4):
            with Framed(server.port(f"length{width * 8}"), width) as framed:
                framed.send(start)
                framed.socket.shutdown(1)
                framed.rest_until_closed()
