"""What no client may say: the connection closes, nothing behind it is handled, nobody else notices."""

import pytest

from wire import (
    CONNACK, CONNECT, DISCONNECT, PINGREQ, PINGRESP, PUBACK, PUBCOMP, PUBLISH, PUBREC, PUBREL, SUBACK, SUBSCRIBE,
    UNSUBACK, UNSUBSCRIBE, casts_until, field, numbered, opened, packet, publish, subscribe, unsubscribe, watcher)

ILL_FORMED = [b"\xed\xa0\x80", b"\xc0\xaf", b"\xff\xfe", b"a\xe2\x82", b"\xf5\x80\x80\x80"]

VIOLATIONS = {
    "MQTT-1.5.3-1 topic with a surrogate": publish(ILL_FORMED[0]),
    "MQTT-1.5.3-1 topic with an overlong form": publish(ILL_FORMED[1]),
    "MQTT-1.5.3-1 filter that is no UTF-8": subscribe(1, (ILL_FORMED[2], 0)),
    "MQTT-1.5.3-2 topic with U+0000": publish(b"Echo/HD_Raw/\x00"),
    "MQTT-2.2.2-2 PINGREQ flags": packet(PINGREQ, 1),
    "MQTT-2.2.2-2 PUBACK flags": numbered(PUBACK, 1, flags=2),
    "MQTT-2.2.2-2 PUBREC flags": numbered(PUBREC, 1, flags=1),
    "MQTT-2.2.2-2 PUBCOMP flags": numbered(PUBCOMP, 1, flags=8),
    "MQTT-2.3.1-1 PUBLISH QoS 1 with id 0": publish("Echo/HD_Raw", qos=1, identifier=0),
    "MQTT-2.3.1-1 PUBLISH QoS 2 with id 0": publish("Echo/HD_Raw", qos=2, identifier=0),
    "MQTT-2.3.1-1 SUBSCRIBE with id 0": subscribe(0, ("a", 0)),
    "MQTT-2.3.1-1 UNSUBSCRIBE with id 0": unsubscribe(0, "a"),
    "MQTT-3.3.1-2 DUP with QoS 0": publish("Echo/HD_Raw", dup=True),
    "MQTT-3.3.1-4 QoS 3": publish("Echo/HD_Raw", qos=3, identifier=1),
    "MQTT-3.3.2-2 topic with #": publish("Echo/#"),
    "MQTT-3.3.2-2 topic with +": publish("Echo/+/1"),
    "MQTT-3.6.1-1 PUBREL flags": numbered(PUBREL, 1, flags=0),
    "MQTT-3.8.1-1 SUBSCRIBE flags": numbered(SUBSCRIBE, 1, flags=0, tail=field("a") + b"\x00"),
    "MQTT-3.8.3-3 SUBSCRIBE without filters": numbered(SUBSCRIBE, 1),
    "MQTT-3.8.3-4 QoS 3 requested": subscribe(1, ("a", 3)),
    "MQTT-3.8.3-4 reserved bits in the requested QoS": subscribe(1, ("a", 0x80)),
    "MQTT-3.10.1-1 UNSUBSCRIBE flags": numbered(UNSUBSCRIBE, 1, flags=0, tail=field("a")),
    "MQTT-3.10.3-2 UNSUBSCRIBE without filters": numbered(UNSUBSCRIBE, 1),
    "MQTT-3.14.1-1 DISCONNECT flags": packet(DISCONNECT, 1),
    "MQTT-4.7.1-2 # not last": subscribe(1, ("a/#/b", 0)),
    "MQTT-4.7.1-2 # not alone in its level": subscribe(1, ("a#", 0)),
    "MQTT-4.7.1-3 + not alone in its level": subscribe(1, ("a+/b", 0)),
    "MQTT-4.7.3-1 empty topic": publish(""),
    "MQTT-4.7.3-1 empty filter": subscribe(1, ("", 0)),
    "MQTT-4.7.3-1 empty filter to unsubscribe": unsubscribe(1, ""),
    "MQTT-4.8.0-1 CONNACK from a client": packet(CONNACK, 0, b"\x00\x00"),
    "MQTT-4.8.0-1 SUBACK from a client": numbered(SUBACK, 1, tail=b"\x00"),
    "MQTT-4.8.0-1 UNSUBACK from a client": numbered(UNSUBACK, 1),
    "MQTT-4.8.0-1 PINGRESP from a client": packet(PINGRESP),
    "reserved kind 0": packet(0),
    "reserved kind 15": packet(15),
    "remaining length of five bytes": bytes([PUBLISH << 4, 0xFF, 0xFF, 0xFF, 0xFF, 0x01]),
    "PINGREQ with a body": packet(PINGREQ, 0, b"x"),
    "DISCONNECT with a body": packet(DISCONNECT, 0, b"x"),
    "PUBACK too short": packet(PUBACK, 0, b"\x00"),
    "PUBACK too long": packet(PUBACK, 0, b"\x00\x01\x00"),
    "PUBLISH without a topic": packet(PUBLISH, 0, b""),
    "PUBLISH whose topic reaches past its end": packet(PUBLISH, 0, b"\x00\x10abc"),
    "PUBLISH QoS 1 without an id": packet(PUBLISH, 2, field("Echo/HD_Raw") + b"\x00"),
    "SUBSCRIBE whose filter reaches past its end": numbered(SUBSCRIBE, 1, tail=b"\x00\x10abc\x00"),
    "SUBSCRIBE without the QoS of its filter": numbered(SUBSCRIBE, 1, tail=field("a")),
    "UNSUBSCRIBE whose filter reaches past its end": numbered(UNSUBSCRIBE, 1, tail=b"\x00\x10abc"),
    "CONNECT again, malformed": packet(CONNECT, 0, b"\x00"),
}


@pytest.mark.parametrize("said", VIOLATIONS.values(), ids=VIOLATIONS.keys())
def test_a_violation_closes_and_nothing_behind_it_is_handled(port, said):
    with watcher(port) as watching, opened(port) as other:
        with opened(port) as wire:
            wire.send(publish("Echo/HD_Cast", "before"), said, publish("Echo/HD_Cast", "behind"), packet(PINGREQ))
            wire.expect_closed()
        assert watching.message("Echo/OnCast").payload == b"before"
        other.send(publish("Echo/HD_Cast", "violation-done"))
        assert casts_until(watching, "violation-done") == []


@pytest.mark.parametrize("flags", range(16))
@pytest.mark.parametrize("kind", [PUBACK, PUBREC, PUBREL, PUBCOMP, SUBSCRIBE, UNSUBSCRIBE])
def test_mqtt_2_2_2_1_only_the_flags_of_the_table_are_taken(port, kind, flags):
    tail = {SUBSCRIBE: field("a") + b"\x00", UNSUBSCRIBE: field("a")}.get(kind, b"")
    with opened(port) as wire:
        wire.send(numbered(kind, 7, flags=flags, tail=tail), packet(PINGREQ))
        if flags == (2 if kind in (PUBREL, SUBSCRIBE, UNSUBSCRIBE) else 0):
            while wire.packet().kind != PINGRESP:
                pass
        else:
            wire.expect_closed()


@pytest.mark.parametrize("kind", [PUBACK, PUBREC, PUBCOMP])
def test_an_acknowledgement_that_nobody_waits_for_harms_nobody(port, kind):
    with opened(port) as wire:
        wire.send(numbered(kind, 99))
        assert wire.ask("Echo/HD_Raw", b"still here") == b"still here"
