"""Sessions of MQTT: kept ones, ids in use, exactly-once over a reconnect."""

import itertools
import socket

import pytest

from wire import PUBCOMP, PUBREC, PUBREL, Wire, casts_until, numbered, opened, packet, publish, watcher, DISCONNECT

_names = itertools.count(1)


@pytest.fixture
def name():
    """A client id that no other test uses."""
    return f"session{next(_names)}"


def leave(wire, how):
    """Ends a connection from the client's side and waits until the server has ended it too."""
    if how == "goodbye":
        wire.send(packet(DISCONNECT))
    else:
        wire.socket.shutdown(socket.SHUT_WR)
    wire.rest_until_closed()
    wire.close()


@pytest.mark.parametrize("how", ["goodbye", "without a word"])
def test_mqtt_3_2_2_2_a_kept_session_is_present_at_the_next_connect(port, name, how):
    first = Wire(port)
    assert first.open(name, clean=False) == (0, 0)  # MQTT-3.2.2-3
    leave(first, how)
    with Wire(port) as second:
        assert second.open(name, clean=False) == (1, 0)


def test_mqtt_3_1_2_6_a_clean_session_discards_the_kept_one(port, name):
    first = Wire(port)
    assert first.open(name, clean=False) == (0, 0)
    leave(first, "goodbye")
    second = Wire(port)
    assert second.open(name, clean=True) == (0, 0)  # MQTT-3.2.2-1
    leave(second, "goodbye")
    with Wire(port) as third:
        assert third.open(name, clean=False) == (0, 0)


@pytest.mark.parametrize("how", ["goodbye", "without a word"])
def test_mqtt_4_3_3_2_a_qos_2_publish_repeated_after_a_reconnect_is_handled_once(port, name, how):
    with watcher(port) as watching:
        first = Wire(port)
        first.open(name, clean=False)
        first.send(publish("Echo/HD_Cast", f"{name} once", qos=2, identifier=11))
        first.expect(PUBREC)
        leave(first, how)
        assert watching.message("Echo/OnCast").payload == f"{name} once".encode()
        with Wire(port) as second:
            assert second.open(name, clean=False) == (1, 0)
            second.send(publish("Echo/HD_Cast", f"{name} once", qos=2, identifier=11, dup=True))
            assert second.packet() == (PUBREC, 0, b"\x00\x0b")
            second.send(numbered(PUBREL, 11))
            assert second.packet() == (PUBCOMP, 0, b"\x00\x0b")
            second.send(publish("Echo/HD_Cast", f"{name} new", qos=2, identifier=11))
            assert second.packet() == (PUBREC, 0, b"\x00\x0b")
            second.send(numbered(PUBREL, 11))
            assert second.packet() == (PUBCOMP, 0, b"\x00\x0b")
            second.send(publish("Echo/HD_Cast", f"{name} done"))
            assert casts_until(watching, f"{name} done") == [f"{name} new".encode()]


def test_a_pubrel_after_a_reconnect_completes_what_was_begun(port, name):
    first = Wire(port)
    first.open(name, clean=False)
    first.send(publish("Echo/HD_Raw", b"x", qos=2, identifier=12))
    first.expect(PUBREC)
    leave(first, "without a word")
    with Wire(port) as second:
        assert second.open(name, clean=False) == (1, 0)
        second.send(numbered(PUBREL, 12))
        assert second.packet() == (PUBCOMP, 0, b"\x00\x0c")


def test_with_a_clean_session_the_ids_of_the_last_connection_are_forgotten(port, name):
    with watcher(port) as watching:
        for _ in range(2):
            wire = Wire(port)
            wire.open(name, clean=True)
            wire.send(publish("Echo/HD_Cast", f"{name} each", qos=2, identifier=11))
            wire.expect(PUBREC)
            wire.send(numbered(PUBREL, 11))
            wire.expect(PUBCOMP)
            leave(wire, "without a word")
            assert watching.message("Echo/OnCast").payload == f"{name} each".encode()
        with opened(port) as wire:
            wire.send(publish("Echo/HD_Cast", f"{name} done"))
        assert casts_until(watching, f"{name} done") == []


def test_an_id_in_use_coexists_with_an_empty_session(port, name):
    with Wire(port) as first:
        assert first.open(name, clean=False) == (0, 0)
        with Wire(port) as second:
            assert second.open(name, clean=False) == (0, 0)
            first.ping()
            second.ping()
            assert first.ask("Echo/HD_Raw", b"first") == b"first"
            assert second.ask("Echo/HD_Raw", b"second") == b"second"
            leave(second, "goodbye")
        first.ping()
        leave(first, "goodbye")
    with Wire(port) as third:
        assert third.open(name, clean=False) == (1, 0)


def test_the_hard_coded_id_of_the_demo_pages_connects_twenty_times_at_once(port):
    wires = [opened(port, "111", name="MQIsdp", level=3, keep_alive=60) for _ in range(20)]
    for number, wire in enumerate(wires):
        assert wire.ask("Echo/HD_Raw", str(number)) == str(number).encode()
    for wire in wires:
        wire.close()


@pytest.mark.parametrize("clean", [True, False])
def test_mqtt_3_1_4_2_with_takeover_the_old_connection_of_an_id_is_closed(takeover_port, name, clean):
    with Wire(takeover_port) as first, Wire(takeover_port) as second:
        first.open(name, clean=clean)
        assert second.open(name, clean=clean) == (0 if clean else 1, 0)
        first.expect_closed()
        second.ping()


def test_with_takeover_other_ids_are_left_alone(takeover_port, name):
    with opened(takeover_port, name + "a") as first, opened(takeover_port, name + "b") as second:
        first.ping()
        second.ping()


def test_with_takeover_what_the_old_connection_began_goes_on(takeover_port, port, name):
    with watcher(port) as watching, Wire(takeover_port) as first, Wire(takeover_port) as second:
        first.open(name, clean=False)
        first.send(publish("Echo/HD_Cast", f"{name} once", qos=2, identifier=4))
        first.expect(PUBREC)
        assert watching.message("Echo/OnCast").payload == f"{name} once".encode()
        assert second.open(name, clean=False) == (1, 0)
        second.send(publish("Echo/HD_Cast", f"{name} once", qos=2, identifier=4, dup=True))
        second.expect(PUBREC)
        second.send(numbered(PUBREL, 4))
        second.expect(PUBCOMP)
        second.send(publish("Echo/HD_Cast", f"{name} done"))
        assert casts_until(watching, f"{name} done") == []


def test_takeover_twenty_times_in_a_row_leaves_the_last(takeover_port, name):
    wires = []
    for _ in range(20):
        wires.append(Wire(takeover_port))
        assert wires[-1].open(name) == (0, 0)
    for wire in wires[:-1]:
        wire.expect_closed()
    wires[-1].ping()
    wires[-1].close()
