"""Keep alive: one and a half times, or never."""

import time

from wire import PATIENCE_SECONDS, PINGREQ, Wire, opened, packet


def test_mqtt_3_1_2_24_a_silent_client_is_dropped_at_one_and_a_half_times(port):
    with opened(port, keep_alive=0) as forever, opened(port, keep_alive=1) as wire:
        begin = time.monotonic()
        wire.expect_closed()
        silent = time.monotonic() - begin
        assert 1.4 <= silent < 10, silent
        forever.ping()  # 0 = never


def test_a_client_that_pings_in_time_stays(port):
    with opened(port, keep_alive=1) as wire:
        for _ in range(8):
            assert not _closed_within(wire, 0.5)
            wire.ping()


def test_any_packet_counts_and_not_only_pingreq(port):
    with opened(port, keep_alive=1) as wire:
        for _ in range(8):
            assert not _closed_within(wire, 0.5)
            assert wire.ask("Echo/HD_Raw", b"x") == b"x"


def test_answers_of_the_server_do_not_keep_a_silent_client(port):
    with opened(port, keep_alive=1) as wire, opened(port) as other:
        wire.ask("Echo/HD_Join", "{}")
        begin = time.monotonic()
        while time.monotonic() - begin < 20:
            other.ask("Echo/HD_Cast", "still pushing")
            if _closed_within(wire, 0.2):
                return
        raise AssertionError("a client that is only pushed to is never dropped")


def test_the_clock_starts_with_connect(port):
    with Wire(port) as wire:
        assert wire.open("clock", keep_alive=1) == (0, 0)
        wire.send(packet(PINGREQ)[:1])  # half a packet is no packet
        begin = time.monotonic()
        wire.expect_closed()
        assert time.monotonic() - begin < 10


def _closed_within(wire, seconds):
    """Whether the server closes within this time; what it says meanwhile is passed over."""
    end = time.monotonic() + seconds
    try:
        while (left := end - time.monotonic()) > 0:
            wire.socket.settimeout(left)
            if not wire.socket.recv(1 << 16):
                return True
    except TimeoutError:
        pass
    except ConnectionResetError:
        return True
    wire.socket.settimeout(PATIENCE_SECONDS)
    return False
