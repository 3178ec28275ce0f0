"""Each limit: one below and at it works, one above is refused, and nobody else notices."""

import time

import pytest

from frames import Framed
from gateprocess import wait_until
from wire import PUBACK, Closed, Wire, connect, octets, opened, packet, publish, watcher

TOPIC = "Echo/HD_Raw/1"


def is_let_in(port, source=None):
    """A connection whose CONNECT is accepted, or nothing."""
    wire = Wire(port, source=source)
    try:
        if wire.open("candidate") == (0, 0):
            return wire
    except (Closed, ConnectionResetError, BrokenPipeError):
        pass
    wire.close()
    return None


def publish_of(length):
    """A PUBLISH whose remaining length is `length`."""
    return publish(TOPIC, b"x" * (length - 2 - len(octets(TOPIC))))


@pytest.mark.parametrize("flags, limit", [([], 65_535), (["--frame-bytes-max", 1000], 1000)])
def test_a_packet_above_the_limit_closes_that_client_only(gatehouse, flags, limit):
    port = gatehouse(*flags).port()
    with opened(port) as other:
        for length in (limit - 1, limit):
            with opened(port) as wire:
                wire.send(publish_of(length))
                found = wire.packet()
                assert (len(found.body), set(found.payload)) == (length, set(b"x"))
        with opened(port) as wire:
            wire.send(publish_of(limit + 1)[:10])
            wire.expect_closed()
        other.ping()


def test_an_announcement_of_256_megabytes_costs_its_sender_the_connection(gatehouse):
    server = gatehouse()
    before = server.resident_bytes()
    for first in (b"\x10\xff\xff\xff\x7f", connect("big") + b"\x30\xff\xff\xff\x7f"):
        with Wire(server.port()) as wire:
            wire.send(first)
            wire.rest_until_closed()
    assert server.resident_bytes() - before < 8 << 20
    assert server.counter("frame_too_large") == 2


def test_who_never_says_connect_is_closed(gatehouse):
    server = gatehouse("--handshake-seconds", 1, "--frame-seconds", 60,
                       listen=["mqtt://127.0.0.1:0", "length32://127.0.0.1:0?route=Echo/HD_Raw"])
    port = server.port()
    with opened(port, keep_alive=0) as other, Wire(port) as silent, Wire(port) as half:
        half.send(connect("half")[:5])
        begin = time.monotonic()
        silent.expect_closed()
        half.expect_closed()
        assert time.monotonic() - begin < 10
        other.ping()
    assert server.counter("handshake_timeout") == 2


def test_who_dribbles_a_packet_is_closed(gatehouse):
    server = gatehouse("--frame-seconds", 1, listen=["mqtt://127.0.0.1:0", "length32://127.0.0.1:0?route=Echo/HD_Raw"])
    port = server.port()
    with opened(port, keep_alive=0) as other, opened(port, keep_alive=0) as wire, \
            Framed(server.port("length32")) as framed:
        dribbles(wire, publish("Echo/HD_Raw/1", b"x" * 100))
        dribbles(framed, framed.frame(b"x" * 100))
        other.ping()
    assert server.counter("frame_timeout") == 2


def dribbles(wire, stream):
    """Sends a byte every fifth of a second until the server closes, which must be before the end."""
    wire.socket.settimeout(0.2)
    for octet in stream:
        try:
            wire.send(bytes([octet]))
            assert wire.socket.recv(100) == b""
            return
        except TimeoutError:
            continue
        except ConnectionError:
            return
    raise AssertionError("the whole packet was taken")


def test_connections_max(gatehouse):
    server = gatehouse("--connections-max", 5, listen=["mqtt://127.0.0.1:0"])
    port = server.port()
    wires = [opened(port) for _ in range(5)]
    for _ in range(3):
        assert is_let_in(port) is None
    for wire in wires:
        wire.ping()
    wires.pop().close()
    wires.append(wait_until(lambda: is_let_in(port), "a free place"))
    assert is_let_in(port) is None
    assert server.counter("too_many_connections") >= 4
    for wire in wires:
        wire.close()


def test_connections_per_address_max(gatehouse):
    server = gatehouse("--connections-per-address-max", 3, listen=["mqtt://127.0.0.1:0"])
    port = server.port()
    wires = [opened(port) for _ in range(3)]
    assert is_let_in(port) is None
    for _ in range(3):
        wires.append(is_let_in(port, source="127.0.0.2"))
        assert wires[-1] is not None
    assert is_let_in(port, source="127.0.0.2") is None
    wires.pop(0).close()
    wires.append(wait_until(lambda: is_let_in(port), "a free place"))
    assert server.counter("too_many_from_address") >= 2
    for wire in wires:
        wire.ping()
        wire.close()


def test_connection_rate_max(gatehouse):
    server = gatehouse("--connection-rate-max", 5, listen=["mqtt://127.0.0.1:0"])
    port = server.port()
    wires = [is_let_in(port) for _ in range(40)]
    accepted = [wire for wire in wires if wire]
    assert 5 <= len(accepted) < 40
    for wire in accepted:
        wire.ping()
    wait_until(lambda: is_let_in(port), "another second")
    assert server.counter("connection_rate") >= 1
    for wire in accepted:
        wire.close()


def test_by_default_an_address_may_open_many_and_quickly(port):
    wires = [opened(port) for _ in range(300)]
    for wire in wires:
        wire.ping()
        wire.close()


def test_a_reader_that_stalls_delays_nobody(gatehouse):
    server = gatehouse("--loops", 2)
    port = server.port()
    before = server.resident_bytes()
    stalled = Wire(port, receive_bytes=4096)
    stalled.send(connect("stalled"))
    stalled.packet()
    stalled.send(publish("Echo/HD_Join/1", b"{}"))
    stalled.message("Echo/HD_Join/1")
    readers = [watcher(port) for _ in range(4)]
    with opened(port) as wire:
        for number in range(1000):
            wire.send(publish("Echo/HD_Cast/done", number.to_bytes(4, "big") * 4000))
            for reader in readers:
                assert reader.message("Echo/OnCast").payload[:4] == number.to_bytes(4, "big")
            wire.message("Echo/HD_Cast/done")
    assert server.resident_bytes() - before < 32 << 20
    wait_until(lambda: server.counter("slow_reader") == 1, "the end of the one that stalls")
    for wire in [stalled, *readers]:
        wire.close()


def test_queued_bytes_max_closes_a_reader_that_is_too_slow(gatehouse):
    server = gatehouse("--queued-bytes-max", 100_000, "--write-seconds", 60)
    port = server.port()
    stalled = Wire(port, receive_bytes=4096)
    stalled.send(connect("stalled"))
    stalled.packet()
    stalled.ask("Echo/HD_Join", "{}")
    with watcher(port) as reader, opened(port) as wire:
        def cast_more():
            for _ in range(20):
                wire.send(publish("Echo/HD_Cast", b"x" * 60_000))
                reader.message("Echo/OnCast")
            return server.counter("slow_reader")
        assert wait_until(cast_more, "the slow reader's end") == 1
        reader.ping()
    stalled.close()


def test_write_seconds_closes_a_client_that_takes_nothing(gatehouse):
    server = gatehouse("--write-seconds", 1)
    with opened(server.port()) as other:
        stalled = Wire(server.port(), receive_bytes=4096)
        stalled.send(connect("stalled"))
        stalled.packet()
        stalled.socket.settimeout(0.5)
        try:
            for _ in range(2000):
                stalled.send(publish("Echo/HD_Raw/1", b"x" * 60_000))
        except OSError:
            pass
        wait_until(lambda: server.counter("write_timeout") == 1, "the end of a client that takes nothing")
        other.ping()
        stalled.close()


def test_a_client_that_asks_much_and_reads_late_loses_nothing(gatehouse):
    """Back-pressure: the gateway stops reading from a client that does not read; it refuses and drops nothing."""
    port = gatehouse().port()
    with opened(port) as wire:
        wire.socket.setblocking(False)
        stream = memoryview(b"".join(publish(f"Echo/HD_RawOrdered/{n}", b"x" * 1000) for n in range(5000)))
        answers, sent, taken = bytearray(), 0, 0
        end = time.monotonic() + 30
        while taken < 5000 and time.monotonic() < end:
            if sent < len(stream):
                try:
                    sent += wire.socket.send(stream[sent:sent + 65_536])
                    continue  # writes as long as the gateway takes it, and only then reads
                except BlockingIOError:
                    pass
            try:
                answers += wire.socket.recv(1 << 20)
            except BlockingIOError:
                continue
            taken = answers.count(b"Echo/HD_RawOrdered/")
        assert taken == 5000
        found = [int(part.split(b"x", 1)[0]) for part in bytes(answers).split(b"Echo/HD_RawOrdered/")[1:]]
        assert found == list(range(5000))


def test_puback_still_comes_while_many_requests_wait(port):
    with opened(port) as wire:
        wire.send(*(publish(f"Echo/HD_RawOrdered/{n}", b"x", qos=1, identifier=n) for n in range(1, 201)), packet(12))
        kinds = [wire.packet().kind for _ in range(401)]
        assert kinds.count(PUBACK) == 200 and kinds.count(3) == 200
