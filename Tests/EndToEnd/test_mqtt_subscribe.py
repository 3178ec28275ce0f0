"""SUBSCRIBE, UNSUBSCRIBE and their answers on the wire."""

import pytest

from wire import PINGREQ, PINGRESP, SUBACK, UNSUBACK, numbered, opened, packet, publish, subscribe, unsubscribe


@pytest.mark.parametrize("qos", [0, 1, 2])
def test_mqtt_3_8_4_1_a_subscription_at_any_qos_is_granted(port, qos):
    with opened(port) as wire:
        wire.send(subscribe(0x1234, ("chat", qos)))
        found = wire.expect(SUBACK, 0)
        assert found.body[:2] == b"\x12\x34"
        assert len(found.body) == 3 and found.body[2] <= qos


def test_mqtt_3_8_4_5_one_suback_has_one_code_for_each_filter(port):
    filters = [("a", 0), ("b/c", 1), ("d/+/e", 2), ("f/#", 1), ("#", 0), ("+", 2), ("/", 0), ("+/+", 1), ("a", 1)]
    with opened(port) as wire:
        wire.send(subscribe(1, *filters), packet(PINGREQ))
        codes = wire.expect(SUBACK, 0).body[2:]
        assert len(codes) == len(filters)
        for code, (_, asked) in zip(codes, filters):
            assert code == 0x80 or code <= asked
        assert wire.packet().kind == PINGRESP


def test_mqtt_3_9_3_1_the_codes_stand_in_the_order_of_the_filters(port):
    with opened(port) as wire:
        wire.send(subscribe(1, ("a", 0), ("b", 1), ("c", 0)))
        first = wire.expect(SUBACK).body[2:]
        wire.send(subscribe(2, ("a", 0), ("c", 0), ("b", 1)))
        second = wire.expect(SUBACK).body[2:]
        assert first[0] == 0 and first[2] == 0 and second[:2] == b"\x00\x00"
        assert first[1] == second[2]


def test_mqtt_3_8_4_3_the_same_filter_again_is_answered_again(port):
    with opened(port) as wire:
        for identifier in (1, 2):
            wire.send(subscribe(identifier, ("chat", 0)))
            assert wire.expect(SUBACK).body == bytes([0, identifier, 0])


def test_mqtt_3_10_4_4_unsubscribe_is_answered_with_its_id(port):
    with opened(port) as wire:
        wire.send(subscribe(1, ("chat", 0)))
        wire.expect(SUBACK)
        wire.send(unsubscribe(0xFFFE, "chat"))
        assert wire.packet() == (UNSUBACK, 0, b"\xff\xfe")


def test_mqtt_3_10_4_5_unsubscribe_is_answered_also_when_nothing_was_subscribed(port):
    with opened(port) as wire:
        wire.send(unsubscribe(5, "never"))
        assert wire.packet() == (UNSUBACK, 0, b"\x00\x05")


def test_mqtt_3_10_4_6_several_filters_get_one_unsuback(port):
    with opened(port) as wire:
        wire.send(unsubscribe(5, "a", "b/#", "+/c"), packet(PINGREQ))
        assert wire.packet() == (UNSUBACK, 0, b"\x00\x05")
        assert wire.packet().kind == PINGRESP


def test_a_filter_of_text_beyond_ascii_is_granted(port):
    with opened(port) as wire:
        wire.send(subscribe(1, ("\u804a\u5929/\U0001f600", 0)))
        assert wire.expect(SUBACK).body == b"\x00\x01\x00"


def test_subscribing_does_not_change_where_answers_and_pushes_go(port):
    with opened(port) as wire:
        wire.send(subscribe(1, ("Echo/HD_Raw/other", 0)))
        wire.expect(SUBACK)
        assert wire.ask("Echo/HD_Raw", b"mine") == b"mine"
        with opened(port) as other:
            other.send(publish("Echo/HD_Raw/other", b"of the other"))
            other.message("Echo/HD_Raw/other")
        wire.ping()


def test_a_hundred_filters_in_one_packet_are_all_answered(port):
    with opened(port) as wire:
        wire.send(subscribe(1, *((f"filter/{number}", number % 3) for number in range(100))))
        assert len(wire.expect(SUBACK).body) == 102
        wire.send(numbered(10, 2, tail=b"".join(
            len(name).to_bytes(2, "big") + name for name in (f"filter/{n}".encode() for n in range(100)))))
        assert wire.packet() == (UNSUBACK, 0, b"\x00\x02")


def test_filters_above_the_limit_get_the_code_of_failure(port):
    with opened(port) as wire:
        wire.send(subscribe(1, *((f"{number}", 0) for number in range(999))))
        assert wire.expect(SUBACK).body[2:] == bytes(999)
        wire.send(subscribe(2, ("at the limit", 0), ("above it", 0), ("0", 1)))
        assert wire.expect(SUBACK).body[2:] == b"\x00\x80\x01"
        wire.send(unsubscribe(3, "at the limit"))
        wire.expect(UNSUBACK)
        wire.send(subscribe(4, ("above it", 2)))
        assert wire.expect(SUBACK).body[2:] == b"\x02"
