"""PUBLISH and its acknowledgements on the wire, in both directions of a request."""

import pytest

from wire import (
    PINGREQ, PINGRESP, PUBACK, PUBCOMP, PUBLISH, PUBREC, PUBREL, casts_until, numbered, opened, packet, publish,
    watcher)


def test_mqtt_3_3_4_1_qos_0_is_not_acknowledged(port):
    with opened(port) as wire:
        wire.send(publish("Echo/HD_Raw", b"x"), packet(PINGREQ))
        assert wire.packet() == (PINGRESP, 0, b"")


def test_mqtt_3_3_4_1_qos_1_gets_puback_with_its_id(port):
    with opened(port) as wire:
        wire.send(publish("Echo/HD_Raw", b"x", qos=1, identifier=0xABCD))
        assert wire.packet() == (PUBACK, 0, b"\xab\xcd")
        wire.ping()


def test_mqtt_3_3_4_1_qos_2_takes_four_packets(port):
    with opened(port) as wire:
        wire.send(publish("Echo/HD_Raw", b"x", qos=2, identifier=65535))
        assert wire.packet() == (PUBREC, 0, b"\xff\xff")
        wire.send(numbered(PUBREL, 65535))
        assert wire.packet() == (PUBCOMP, 0, b"\xff\xff")


@pytest.mark.parametrize("qos, identifier", [(0, None), (1, 5), (2, 6)])
def test_a_request_at_any_qos_is_answered_at_qos_0_on_the_same_topic(port, qos, identifier):
    with opened(port) as wire:
        wire.send(publish("Echo/HD_Raw/token", b"\x00\xffpayload", qos=qos, identifier=identifier))
        if qos == 2:
            wire.expect(PUBREC)
            wire.send(numbered(PUBREL, identifier))
        answer = wire.message("Echo/HD_Raw/token")
        assert answer.flags == 0
        assert answer.payload == b"\x00\xffpayload"


def test_mqtt_4_3_2_2_a_repeated_id_of_qos_1_is_a_new_message(port):
    with watcher(port) as watching, opened(port) as wire:
        wire.send(publish("Echo/HD_Cast", "first", qos=1, identifier=9))
        wire.expect(PUBACK)
        wire.send(publish("Echo/HD_Cast", "second", qos=1, identifier=9, dup=True))
        wire.expect(PUBACK)
        wire.send(publish("Echo/HD_Cast", "repeat-done"))
        assert casts_until(watching, "repeat-done") == [b"first", b"second"]


def test_mqtt_4_3_3_2_a_repeated_qos_2_publish_is_handled_once(port):
    with watcher(port) as watching, opened(port) as wire:
        first = publish("Echo/HD_Cast", "once", qos=2, identifier=3)
        again = publish("Echo/HD_Cast", "once", qos=2, identifier=3, dup=True)
        wire.send(first, again, again)
        for _ in range(3):
            assert wire.packet() == (PUBREC, 0, b"\x00\x03")
        wire.send(numbered(PUBREL, 3), numbered(PUBREL, 3))
        for _ in range(2):
            assert wire.packet() == (PUBCOMP, 0, b"\x00\x03")
        wire.send(publish("Echo/HD_Cast", "once-done"))
        assert casts_until(watching, "once-done") == [b"once"]


def test_mqtt_4_3_3_2_after_pubcomp_the_id_is_free_again(port):
    with watcher(port) as watching, opened(port) as wire:
        for _ in range(3):
            wire.send(publish("Echo/HD_Cast", "again", qos=2, identifier=3))
            wire.expect(PUBREC)
            wire.send(numbered(PUBREL, 3))
            wire.expect(PUBCOMP)
        wire.send(publish("Echo/HD_Cast", "again-done"))
        assert casts_until(watching, "again-done") == [b"again"] * 3


def test_pubrel_of_an_unknown_id_gets_pubcomp(port):
    with opened(port) as wire:
        wire.send(numbered(PUBREL, 77))
        assert wire.packet() == (PUBCOMP, 0, b"\x00\x4d")


def test_mqtt_4_6_0_acknowledgements_come_in_the_order_of_the_packets(port):
    with opened(port) as wire:
        identifiers = list(range(1, 19))
        wire.send(*(publish("Echo/HD_Raw", b"x", qos=1, identifier=number) for number in identifiers))
        assert [wire.expect(PUBACK).identifier for _ in identifiers] == identifiers
        wire.send(*(publish("Echo/HD_Raw", b"x", qos=2, identifier=number) for number in identifiers))
        assert [wire.expect(PUBREC).identifier for _ in identifiers] == identifiers
        wire.send(*(numbered(PUBREL, number) for number in identifiers))
        assert [wire.expect(PUBCOMP).identifier for _ in identifiers] == identifiers


@pytest.mark.parametrize("token", [
    "\ufeffbom", "e\u0301", "\u00e9", "\u4f60\u597d", "\U0001f600", " ", "a b", "$SYS", "1/2/3", "x?y=1&z=2",
])
def test_mqtt_1_5_3_3_the_topic_of_the_answer_is_that_of_the_request_byte_for_byte(port, token):
    topic = f"Echo/HD_Raw/{token}".encode()
    with opened(port) as wire:
        wire.send(publish(topic, b"body"))
        assert wire.expect(PUBLISH, 0).topic == topic


def test_mqtt_3_3_2_1_a_topic_of_65535_bytes_fits_where_the_packet_may_be_large_enough(gatehouse):
    server = gatehouse("--frame-bytes-max", 70_000)
    topic = "Echo/HD_Raw/" + "t" * (65_535 - len("Echo/HD_Raw/"))
    with opened(server.port()) as wire:
        wire.send(publish(topic, b"body"))
        answer = wire.expect(PUBLISH, 0)
        assert (answer.topic, answer.payload) == (topic.encode(), b"body")


@pytest.mark.parametrize("payload", [b"", b"\x00", bytes(range(256)), b"{not json}", b"x" * 60_000])
def test_any_bytes_are_a_payload(port, payload):
    with opened(port) as wire:
        assert wire.ask("Echo/HD_Raw", payload) == payload


def test_retain_is_taken_and_changes_nothing(port):
    with opened(port) as wire:
        wire.send(publish("Echo/HD_Raw/1", b"kept?", retain=True))
        assert wire.expect(PUBLISH, 0).payload == b"kept?"


def test_mqtt_3_12_4_1_every_pingreq_gets_its_pingresp(port):
    with opened(port) as wire:
        wire.send(packet(PINGREQ) * 100)
        assert [wire.packet() for _ in range(100)] == [(PINGRESP, 0, b"")] * 100


def test_many_packets_in_one_segment_are_all_handled(port):
    with opened(port) as wire:
        wire.send(*(publish(f"Echo/HD_Raw/{number}", str(number)) for number in range(500)))
        for number in range(500):
            answer = wire.expect(PUBLISH)
            assert (answer.topic, answer.payload) == (f"Echo/HD_Raw/{number}".encode(), str(number).encode())


def test_a_packet_in_pieces_is_handled_when_it_is_whole(port):
    with opened(port) as wire:
        for octet in publish("Echo/HD_Raw/slow", b"x" * 300, qos=1, identifier=2):
            wire.send(bytes([octet]))
        wire.expect(PUBACK)
        assert wire.message("Echo/HD_Raw/slow").payload == b"x" * 300


@pytest.mark.parametrize("function", ["HD_RawOrdered", "HD_RawSerial"])
def test_1000_numbered_publishes_of_one_client_are_handled_in_order(port, function):
    with opened(port) as wire:
        wire.send(*(publish(f"Echo/{function}/{number}", str(number)) for number in range(1000)))
        for number in range(1000):
            answer = wire.expect(PUBLISH)
            assert (answer.topic, answer.payload) == (f"Echo/{function}/{number}".encode(), str(number).encode())


def test_ordered_messages_at_every_qos_stay_in_order(port):
    with opened(port) as wire:
        wire.send(*(publish(f"Echo/HD_RawOrdered/{number}", b"x", qos=number % 3,
                            identifier=number if number % 3 else None) for number in range(1, 16)))
        topics = []
        while len(topics) < 15:
            found = wire.packet()
            if found.kind == PUBLISH:
                topics.append(int(found.topic.split(b"/")[2]))
            elif found.kind == PUBREC:
                wire.send(numbered(PUBREL, found.identifier))
        assert topics == list(range(1, 16))


def test_more_unreleased_ids_than_the_limit_end_the_connection(port):
    with opened(port) as wire:
        for identifier in range(1, 1025):
            wire.send(publish("Echo/HD_Raw", b"x", qos=2, identifier=identifier))
            wire.expect(PUBREC)
        wire.ping()
        wire.send(publish("Echo/HD_Raw", b"x", qos=2, identifier=1025))
        wire.expect_closed()
