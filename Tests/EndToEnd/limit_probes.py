"""What shows that a limit of clients, or of what is kept for them, is in effect; see setting_probes."""

import json
import time

from flood import flood
from gateprocess import wait_until
from setting_probes import GRAIN, MQTT, error, waits
from test_limits import is_let_in, publish_of
from wire import DISCONNECT, PINGREQ, Wire, connect, opened, packet, publish, subscribe

FULL = "the work queue is full!"


def until_closed(wire, begin):
    """Seconds from `begin` to the server's close."""
    wire.rest_until_closed()
    return time.monotonic() - begin


def stalled(port, client_id="stalled"):
    """A client that has logged in and hardly takes anything from the network."""
    wire = Wire(port, receive_bytes=4096)
    assert wire.open(client_id) == (0, 0)
    return wire


def stuff(wire, length, is_enough):
    """Sends requests whose answers nobody reads until it is enough."""
    wire.socket.settimeout(0.1)
    whole = publish("Echo/HD_Raw/1", b"x" * length)
    rest, end = whole, time.monotonic() + 30
    while time.monotonic() < end:
        try:
            for _ in range(50):
                rest = rest[wire.socket.send(rest):] or whole
        except TimeoutError:
            pass
        except OSError:
            return
        if is_enough():
            return
    raise AssertionError("it was never enough")


def leave_session(port, client_id, filters=("a",), source=None):
    """Leaves a stored session behind."""
    with Wire(port, source=source) as wire:
        assert wire.open(client_id, clean=False)[1] == 0
        wire.send(subscribe(1, *((name, 0) for name in filters)), packet(DISCONNECT))
        wire.rest_until_closed()


def is_present(port, client_id, source=None):
    """Whether a stored session is there; it is taken."""
    with Wire(port, source=source) as wire:
        return wire.open(client_id, clean=False)[0] == 1


# What is kept of sessions.

def stored_max(stage, limit):
    server = stage.serve(listen=MQTT)
    leave_session(server.port(), "first")
    for number in range(min(limit, 3) - 1):
        leave_session(server.port(), f"early{number}")
    rest = [connect(f"c{number}", clean=False) + packet(DISCONNECT) for number in range(limit - min(limit, 3))]
    if rest:
        flood(server.port(), rest, len(rest))
    assert (server.counter("/stored_sessions"), server.counter("evicted")) == (limit, 0)
    leave_session(server.port(), "last")
    counters = server.counters()
    assert (counters["/stored_sessions"], counters["/stored_sessions_evicted"]) == (limit, 1)
    if not rest:  # who is the first to go among so many of several owners is another matter
        assert is_present(server.port(), "last") and not is_present(server.port(), "first")


def stored_bytes_max(stage, limit):
    """Each of several owners has less than its share; all of them together have too much."""
    server = stage.serve(listen=MQTT)
    piece = stored_piece(limit // 20)
    owners = 5 if limit > 1 << 20 else 10
    for owner in range(owners):
        for number in range(limit * 6 // 5 // owners // piece):
            leave_session(server.port(), f"{owner}-{number}", ["f" * piece], f"127.0.0.{owner + 2}")
    counters = server.counters()
    assert limit - 2 * (piece + 2000) <= counters["/stored_bytes"] <= limit
    assert counters["/stored_sessions_evicted"] > 0


def stored_bytes_per_owner_max(stage, limit):
    """One owner has too much; all of them together have more than the one may."""
    server = stage.serve(listen=MQTT)
    piece = stored_piece(limit // 10)
    for owner, share in (("127.0.0.2", 1.3), ("127.0.0.3", 0.5)):
        for number in range(int(limit * share) // piece):
            leave_session(server.port(), f"{owner}-{number}", ["f" * piece], owner)
    counters = server.counters()
    assert limit * 1.2 < counters["/stored_bytes"] < limit * 1.7
    assert counters["/stored_sessions_evicted"] > 0
    assert is_present(server.port(), "127.0.0.3-0", "127.0.0.3")
    assert not is_present(server.port(), "127.0.0.2-0", "127.0.0.2")


def stored_piece(length):
    """Bytes of a filter that make one stored session."""
    return max(200, min(length, 60_000))


def stored_seconds(stage, seconds):
    """Each of many sessions is looked for once, the youngest first, since that takes it."""
    server = stage.serve(listen=MQTT)
    left = []
    for number in range(60):
        left.append(time.monotonic())
        leave_session(server.port(), f"s{number}")
    found = 0
    for number in reversed(range(60)):
        if not is_present(server.port(), f"s{number}"):
            break
        found += 1
        time.sleep(0.05 if found < 40 else 1)
    else:
        raise AssertionError("all of them are still there")
    age = time.monotonic() - left[number]
    assert seconds * GRAIN <= age < 30
    assert found > 0 or age > seconds + 1


# Limits.

def connections_max(stage, limit, **options):
    server = stage.serve(listen=MQTT, **options)
    wires = [is_let_in(server.port(), f"127.0.0.{number + 2}") for number in range(limit)]
    assert all(wires)
    assert is_let_in(server.port()) is None
    assert server.counter("too_many_connections") == 1
    for wire in wires:
        wire.ping()
        wire.close()


def connections_max_default(stage, _):
    """The process's limit of files less 64."""
    connections_max(stage, 36, files_max=100)


def connections_per_address_max(stage, limit):
    server = stage.serve(listen=MQTT)
    wires = [is_let_in(server.port()) for _ in range(limit or 100)] + [is_let_in(server.port(), "127.0.0.2")]
    assert all(wires)
    if limit:
        assert is_let_in(server.port()) is None
    assert server.counter("too_many_from_address") == (1 if limit else 0)
    for wire in wires:
        wire.close()


def connection_rate_max(stage, rate):
    server = stage.serve(listen=MQTT)
    begin = time.monotonic()
    wires = [is_let_in(server.port()) for _ in range(60)]
    seconds = time.monotonic() - begin
    accepted = [wire for wire in wires if wire]
    if rate:
        assert rate <= len(accepted) <= min(59, rate * (seconds + 2))
    else:
        assert len(accepted) == 60
    assert server.counter("/connection_rate") == 60 - len(accepted)
    for wire in accepted:
        wire.close()


def frame_bytes_max(stage, limit):
    server = stage.serve(listen=MQTT)
    with opened(server.port()) as wire:
        wire.send(publish_of(limit))
        assert len(wire.packet().body) == limit
        wire.send(publish_of(limit + 1)[:10])
        wire.expect_closed()
    assert server.counter("frame_too_large") == 1


def in_flight_max(stage, limit):
    server = stage.serve(listen=MQTT)
    with opened(server.port(), keep_alive=0) as wire:
        wire.send(*(waits(number) for number in range(limit + 1)))
        answer = wire.message()
        assert answer.topic.decode() == f"Echo/HD_Wait/{limit}"
        assert json.loads(answer.payload)["Error"] == FULL
        wire.ping()


def queued_bytes_max(stage, limit):
    """A client that takes nothing is closed when so much waits for it, and not before."""
    server = stage.serve("--high-water-bytes", min(limit, 65_536), "--write-seconds", 600, listen=MQTT)
    most = 0
    with stalled(server.port()) as slow, opened(server.port(), "caster", keep_alive=0) as caster:
        slow.ask("Echo/HD_Join", "{}")
        for _ in range(200):
            caster.ask("Echo/HD_Cast", b"x" * 50_000)
            caster.ping()
            counters = server.counters()
            if counters["/connections_closed/slow_reader"]:
                break
            most = max(most, counters["/queued_bytes"])
        assert counters["/connections_closed/slow_reader"] == 1
    assert limit - 51_000 <= most <= limit + 130_000


def queued_bytes_total_max(stage, limit):
    """What waits and runs for all clients together: one is closed when it is too much, and not before."""
    server = stage.serve("--loops", 1, listen=MQTT)
    body = json.dumps({"milliseconds": 60_000, "filler": "x" * 60_000}).encode()
    wires, most = [], 0
    while len(wires) < 6:
        wires.append(opened(server.port(), f"c{len(wires)}", keep_alive=0))
        for number in range(20):
            try:
                wires[-1].send(publish(f"Echo/HD_Wait/{number}", body), packet(PINGREQ))
                wires[-1].packet()
            except Exception:  # noqa: BLE001  closed
                break
            most = max(most, server.counters()["/queued_bytes"])
        if server.counter("/queued_bytes_total"):
            break
    assert server.counter("/queued_bytes_total") > 0
    assert limit * 0.9 < most <= limit + 200_000
    for wire in wires:
        wire.close()


def module_share_percent(stage, percent):
    """Of the ten thousand concurrent handlers of a module."""
    server = stage.serve("--in-flight-max", 60_000, listen=MQTT)
    with opened(server.port(), keep_alive=0) as wire, Wire(server.port(), source="127.0.0.9") as other:
        count = percent * 100
        wire.send(*(waits(number) for number in range(count + 1)))
        answer = wire.message()
        assert answer.topic.decode() == f"Echo/HD_Wait/{count}"
        assert json.loads(answer.payload)["Error"] == FULL
        wire.ping()
        assert other.open("other") == (0, 0)
        assert error(other, "Echo/HD_Wait/1", b'{"milliseconds":1}') == ""


def high_water_bytes(stage, limit):
    """So much waits for a client that does not read; then no more is read from it."""
    server = stage.serve("--write-seconds", 600, listen=MQTT)
    with stalled(server.port()) as wire:
        stuff(wire, 20_000, lambda: server.counter("read_pauses"))
        counters = wait_until(lambda: above(server, limit), "more waits than the limit")
        # Above it comes at most what was answered in one turn.
        assert counters["/queued_bytes"] < limit + 140_000
        assert server.counter("connections_closed") == 0


def above(server, limit):
    """The counters, once more than `limit` waits."""
    counters = server.counters()
    return counters if counters["/queued_bytes"] > limit else None


def handshake_seconds(stage, seconds):
    server = stage.serve("--frame-seconds", 600, listen=MQTT)
    begin = time.monotonic()
    with Wire(server.port()) as wire, opened(server.port(), keep_alive=0) as other:
        assert seconds * GRAIN <= until_closed(wire, begin) < 9
        other.ping()
    assert server.counter("handshake_timeout") == 1


def frame_seconds(stage, seconds):
    server = stage.serve(listen=MQTT)
    with opened(server.port(), keep_alive=0) as wire, opened(server.port(), keep_alive=0) as other:
        begin = time.monotonic()
        wire.send(publish_of(100)[:10])
        assert seconds * GRAIN <= until_closed(wire, begin) < 25
        other.ping()
    assert server.counter("frame_timeout") == 1


def write_seconds(stage, seconds):
    server = stage.serve(listen=MQTT)
    with stalled(server.port()) as wire, opened(server.port(), keep_alive=0) as other:
        begin = time.monotonic()
        stuff(wire, 60_000, lambda: server.counter("read_pauses"))
        wait_until(lambda: server.counter("write_timeout") == 1, "the end of a client that takes nothing")
        assert seconds * GRAIN <= time.monotonic() - begin < 25
        other.ping()
