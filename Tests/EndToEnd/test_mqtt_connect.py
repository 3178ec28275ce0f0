"""CONNECT and CONNACK on the wire. Each test bears the statement of MQTT 3.1.1 that it holds."""

import pytest

from wire import (
    CONNACK, DISCONNECT, PINGREQ, Wire, casts_until, connect, field, opened, packet, publish, watcher)


def refused(port, first, code):
    """The server answers `first` with CONNACK `code`, session present 0, and closes."""
    with Wire(port) as wire:
        wire.send(first)
        assert wire.expect(CONNACK, 0).body == bytes([0, code])
        wire.expect_closed()


def closed_without_connack(port, first):
    """The server closes after `first` and says nothing."""
    with Wire(port) as wire:
        wire.send(first)
        wire.expect_closed()


@pytest.mark.parametrize("name, level", [("MQTT", 4), ("MQIsdp", 3)])
def test_both_versions_are_accepted(port, name, level):
    with Wire(port) as wire:
        assert wire.open("client", name=name, level=level) == (0, 0)
        wire.ping()


@pytest.mark.parametrize("first", [packet(PINGREQ), publish("Echo/HD_Raw/1", b"x"), packet(DISCONNECT)])
def test_mqtt_3_1_0_1_the_first_packet_must_be_connect(port, first):
    closed_without_connack(port, first)


def test_mqtt_3_1_0_2_a_second_connect_closes(port):
    with opened(port, "twice") as wire:
        wire.send(connect("twice"))
        wire.expect_closed()


@pytest.mark.parametrize("name", ["MQTX", "mqtt", "MQIsdpp", "", "MQTT\x00"])
def test_mqtt_3_1_2_1_an_unknown_protocol_name_closes(port, name):
    closed_without_connack(port, connect("a", name=name))


@pytest.mark.parametrize("name, level", [("MQTT", 3), ("MQTT", 5), ("MQTT", 0), ("MQTT", 255), ("MQIsdp", 4)])
def test_mqtt_3_1_2_2_an_unknown_level_gets_code_1(port, name, level):
    refused(port, connect("a", name=name, level=level), 1)


def test_mqtt_3_1_2_3_the_reserved_connect_flag_closes(port):
    closed_without_connack(port, connect("a", flags=0x03))


@pytest.mark.parametrize("flags, statement", [
    (0x0A, "MQTT-3.1.2-13: will QoS without will"),
    (0x22, "MQTT-3.1.2-15: will retain without will"),
    (0x1E, "MQTT-3.1.2-14: will QoS 3"),
    (0x06, "MQTT-3.1.2-9: will flag without will fields"),
    (0x82, "MQTT-3.1.2-19: user name flag without user name"),
    (0xC2, "MQTT-3.1.2-21: password flag without password"),
    (0x42, "MQTT-3.1.2-22: password without user name"),
])
def test_connect_flags_that_contradict_themselves_close(port, flags, statement):
    closed_without_connack(port, connect("a", flags=flags))


def test_mqtt_3_1_2_22_a_password_without_user_name_closes(port):
    closed_without_connack(port, connect("a", flags=0x42, tail=field("secret")))


@pytest.mark.parametrize("options", [
    {"flags": 0x02, "tail": field("surplus")},
    {"tail": b"\x00"},
])
def test_mqtt_3_1_4_1_bytes_behind_the_last_field_close(port, options):
    closed_without_connack(port, connect("a", **options))


def test_mqtt_3_1_4_1_a_connect_cut_short_inside_its_length_closes(port):
    whole = connect("client")
    closed_without_connack(port, bytes([whole[0], whole[1] - 3]) + whole[2:-3])


@pytest.mark.parametrize("text", [b"\xed\xa0\x80", b"\xc0\xaf", b"\xff", b"a\xe2\x82", b"\xf4\x90\x80\x80"])
def test_mqtt_1_5_3_1_ill_formed_text_closes(port, text):
    closed_without_connack(port, connect(text))
    closed_without_connack(port, connect("a", user=text))
    closed_without_connack(port, connect("a", will=(text, b"bytes")))


def test_mqtt_1_5_3_2_a_zero_character_closes(port):
    closed_without_connack(port, connect("a\x00b"))
    closed_without_connack(port, connect("a", user="\x00"))
    closed_without_connack(port, connect("a", will=("a\x00b", b"bytes")))


def test_mqtt_3_1_3_1_all_fields_in_their_order_are_accepted(port):
    with Wire(port) as wire:
        wire.send(connect("all", user="admin", password=b"\x00\xff", will=("a/will", b"\x00\xff"), will_qos=2,
                          will_retain=True, keep_alive=600))
        assert wire.expect(CONNACK).body == b"\x00\x00"
        wire.ping()


@pytest.mark.parametrize("client_id", ["a", "0123456789abcdefghijklm", "ABCDEFGHIJKLMNOPQRSTUVW", "0nopqrstuvwxyzXYZ"])
@pytest.mark.parametrize("version", [("MQTT", 4), ("MQIsdp", 3)])
def test_mqtt_3_1_3_5_ids_of_1_to_23_letters_and_digits_are_accepted(port, client_id, version):
    with Wire(port) as wire:
        assert wire.open(client_id, name=version[0], level=version[1]) == (0, 0)


def test_mqtt_3_1_3_6_an_empty_id_gets_a_session_of_its_own(port):
    with opened(port, "") as one, opened(port, "") as other:
        one.ping()
        other.ping()


def test_mqtt_3_1_3_8_an_empty_id_with_a_kept_session_gets_code_2(port):
    refused(port, connect("", clean=False), 2)


def test_mqtt_3_1_3_9_an_id_above_the_limit_gets_code_2(port):
    for length in (127, 128):
        opened(port, "i" * length).close()
    for length in (129, 65_000):
        refused(port, connect("i" * length), 2)


def test_mqtt_3_1_3_9_an_empty_id_in_3_1_gets_code_2(port):
    refused(port, connect("", name="MQIsdp", level=3), 2)


def test_mqtt_3_1_4_5_nothing_behind_a_refused_connect_is_handled(port):
    with watcher(port) as watching:
        with Wire(port) as wire:
            wire.send(connect("a", level=5), publish("Echo/HD_Cast", "refused-then-published"))
            assert wire.expect(CONNACK).body == b"\x00\x01"
            wire.expect_closed()
        with opened(port) as wire:
            wire.send(publish("Echo/HD_Cast", "refused-done"))
            assert casts_until(watching, "refused-done") == []


def test_mqtt_3_2_0_1_connack_is_the_first_packet_also_when_requests_follow_at_once(port):
    with Wire(port) as wire:
        wire.send(connect("eager"), publish("Echo/HD_Raw/1", b"one"), packet(PINGREQ))
        assert wire.expect(CONNACK, 0).body == b"\x00\x00"
        assert wire.message("Echo/HD_Raw/1").payload == b"one"


def test_a_connect_byte_by_byte_is_accepted(port):
    with Wire(port) as wire:
        for octet in connect("dribble", user="name", password="word"):
            wire.send(bytes([octet]))
        assert wire.expect(CONNACK, 0).body == b"\x00\x00"


def test_mqtt_3_14_4_1_disconnect_ends_the_connection(port):
    with opened(port) as wire:
        wire.send(packet(DISCONNECT))
        wire.expect_closed()


def test_a_client_with_name_and_password_is_let_in_where_nobody_asks(port):
    with opened(port, "user", user="admin", password="password") as wire:
        wire.ping()
