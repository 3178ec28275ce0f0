"""Starting, stopping, signals, flags and exit codes."""

import json
import pathlib
import re
import signal
import socket

import pytest

from frames import Framed
from gateprocess import Gatehouse, run, wait_until
from wire import CONNACK, Wire, connect, opened, publish, watcher

OK, USAGE, UNAVAILABLE, CONFIGURATION = 0, 64, 69, 78


def fails(*arguments, code, says, env=None):
    """`serve` with these arguments ends by itself with this code and a clear word, not with a half-running server."""
    done = run("serve", *arguments, env=env)
    assert done.returncode == code, done.stderr
    assert re.search(says, done.stderr), done.stderr
    assert "Fatal error" not in done.stderr
    return done


@pytest.fixture
def taken():
    """A port that somebody else listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


@pytest.mark.parametrize("command", [[], ["serve"], ["check-config"], ["version"], ["bench"]])
def test_help_everywhere(command):
    done = run(*command, "--help")
    assert done.returncode == OK and "USAGE" in done.stdout.upper()
    assert "gatehouse" in done.stdout


def test_help_of_serve_names_every_flag():
    text = run("serve", "--help").stdout
    for flag in ("--config", "--listen", "--loops", "--log-level", "--ports-file", "--process-group", "--log-dir",
                 "--node", "--protocols", "--second-login", "--connections-max", "--connections-per-address-max",
                 "--connection-rate-max", "--frame-bytes-max", "--queued-bytes-max", "--handshake-seconds",
                 "--frame-seconds", "--write-seconds"):
        assert flag in text, flag


def test_version_as_text_and_as_json():
    text, machine = run("version"), run("version", "--json")
    assert text.returncode == machine.returncode == OK
    assert re.search(r"\d+\.\d+", text.stdout)
    versions = json.loads(machine.stdout)
    assert versions["gatehouse"] in text.stdout and re.fullmatch(r"\d+\.\d+\.\d+", versions["gatehouse"])
    assert "swift" in versions
    assert versions["traits"] == "none" or set(versions["traits"].split(",")) <= {"NATS", "RabbitMQ", "Redis", "Zlib"}


@pytest.mark.parametrize("arguments, says", [
    (["--no-such-flag"], "no-such-flag"),
    (["--loops", "many"], "loops"),
    (["--loops", "0"], "loops"),
    (["--listen", "mqtt:127.0.0.1"], "listen|mqtt:127"),
    (["--listen", "mqtt://127.0.0.1:65536"], "65536"),
    (["--listen", "mqtt://127.0.0.1"], "port|127"),
    (["--listen", "nosuch://127.0.0.1:0"], "nosuch"),
    (["--log-level", "loud"], "loud"),
    (["--second-login", "maybe"], "maybe"),
])
def test_wrong_usage_is_told_and_exits_64(arguments, says):
    fails(*arguments, code=USAGE, says=says)


def test_an_unknown_command_exits_64():
    assert run("sevre").returncode == USAGE


def test_a_port_in_use_is_told_and_exits_69(taken):
    fails("--listen", f"mqtt://127.0.0.1:{taken}", code=UNAVAILABLE, says=f"127.0.0.1:{taken}")


def test_a_port_in_use_as_the_second_listener_stops_the_whole_start(taken, tmp_path):
    ports = tmp_path / "ports.json"
    fails("--listen", "mqtt://127.0.0.1:0", "--listen", f"length32-json://127.0.0.1:{taken}", "--ports-file", ports,
          code=UNAVAILABLE, says=str(taken))
    assert not ports.exists()


def test_a_port_of_another_gatehouse_is_not_shared(gatehouse):
    port = gatehouse("--loops", 2).port()
    fails("--loops", 2, "--listen", f"mqtt://127.0.0.1:{port}", code=UNAVAILABLE, says=str(port))


def test_an_address_that_is_not_ours_is_told_and_exits_69():
    fails("--listen", "mqtt://192.0.2.1:0", code=UNAVAILABLE, says="192.0.2.1")


def test_a_file_that_cannot_be_read_is_told(tmp_path):
    fails("--config", tmp_path / "absent.json", code=CONFIGURATION, says="absent.json")
    fails("--protocols", "/nowhere", "--listen", "mqtt://127.0.0.1:0", code=USAGE, says="/nowhere")


def test_a_ports_file_that_cannot_be_written_is_told(tmp_path):
    done = run("serve", "--listen", "mqtt://127.0.0.1:0", "--ports-file", tmp_path / "no" / "ports.json")
    assert done.returncode not in (OK, -signal.SIGKILL) and "ports.json" in done.stderr


def test_the_ports_file_lists_the_listeners_in_their_order(gatehouse):
    server = gatehouse(listen=["length32-json://127.0.0.1:0", "mqtt://127.0.0.1:0",
                               "length16://127.0.0.1:0?route=Echo/HD_Raw", "mqtt://127.0.0.1:0"])
    assert [entry["protocol"] for entry in server.listeners] == ["length32-json", "mqtt", "length16", "mqtt"]
    assert {entry["host"] for entry in server.listeners} == {"127.0.0.1"}
    ports = [entry["port"] for entry in server.listeners]
    assert len(set(ports)) == 4 and all(ports)
    for index in (0, 1):
        with opened(server.port("mqtt", index)) as wire:
            wire.ping()


def test_ipv6(gatehouse):
    server = gatehouse(listen=["mqtt://[::1]:0"])
    with Wire(server.port(), host="::1") as wire:
        assert wire.open("six") == (0, 0)
        assert wire.ask("Echo/HD_Raw", b"six") == b"six"


def test_default_listeners_or_a_clear_word_when_one_is_taken():
    server = Gatehouse(listen=[])
    ports_file = server.ports_file
    try:
        ended = wait_until(lambda: ports_file.exists() or server.process.poll() is not None, "a start or an end")
        assert ended
        if server.process.poll() is not None:  # somebody on this machine uses one of the ports
            assert server.process.returncode == UNAVAILABLE
            assert re.search(r"127\.0\.0\.1:(1883|3563|3564)", server.stderr())
            return
        server.wait_for_ports()
        assert [(entry["protocol"], entry["host"], entry["port"]) for entry in server.listeners] == [
            ("mqtt", "127.0.0.1", 1883), ("mqtt", "127.0.0.1", 3563), ("length32-json", "127.0.0.1", 3564)]
        with opened(3563, "111", name="MQIsdp", level=3) as wire:
            assert wire.ask("Echo/HD_Raw", b"demo") == b"demo"
        assert server.stop() == OK
    finally:
        server.dispose()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_closes_clients_and_exits_0(gatehouse, number):
    server = gatehouse(listen=["mqtt://127.0.0.1:0", "length32://127.0.0.1:0?route=Echo/HD_Raw"])
    with opened(server.port()) as wire, Framed(server.port("length32")) as framed:
        framed.put(b"x")
        framed.take()
        server.send_signal(number)
        wire.rest_until_closed()
        framed.rest_until_closed()
        assert server.wait() == OK
    with pytest.raises(ConnectionRefusedError):
        Wire(server.port())


@pytest.mark.parametrize("function", ["HD_Raw", "HD_RawOrdered", "HD_RawSerial"])
def test_a_stop_lets_accepted_requests_finish(gatehouse, function):
    server = gatehouse()
    with opened(server.port()) as wire:
        wire.send(*(publish(f"Echo/{function}/{n}", str(n), qos=1, identifier=n) for n in range(1, 11)))
        acknowledged = [wire.packet() for _ in range(1)]  # the server has begun
        server.send_signal(signal.SIGTERM)
        rest = wire.rest_until_closed()
        everything = b"".join(bytes(found.body) for found in acknowledged) + rest
        answered = [n for n in range(1, 11) if f"Echo/{function}/{n}".encode() in everything]
        assert answered == list(range(1, len(answered) + 1)) and answered
        assert server.wait() == OK


def stalled(port):
    """A client that is owed much and reads nothing."""
    wire = Wire(port, receive_bytes=4096)
    wire.send(connect("stalled"))
    assert wire.expect(CONNACK).body == b"\x00\x00"
    wire.socket.settimeout(1)
    try:
        for _ in range(2000):
            wire.send(publish("Echo/HD_Raw/1", b"x" * 60_000))
    except OSError:  # nothing more is taken from us
        pass
    return wire


def stops_accepting(port):
    """Whether the listener is gone."""
    try:
        Wire(port).close()
    except ConnectionRefusedError:
        return True
    return False


def test_a_second_signal_ends_at_once():
    server = Gatehouse().wait_for_ports()
    try:
        with stalled(server.port()):
            server.send_signal(signal.SIGTERM)
            wait_until(lambda: stops_accepting(server.port()), "the end of accepting")
            server.send_signal(signal.SIGTERM)
            server.wait(5)
    finally:
        server.dispose()


def test_an_interrupt_does_not_wait_for_a_client_that_reads_nothing(gatehouse):
    server = gatehouse()
    with stalled(server.port()):
        assert server.stop(signal.SIGINT, seconds=5) == OK


def test_a_stop_waits_at_most_25_seconds_for_a_client_that_reads_nothing(gatehouse):
    server = gatehouse()
    with stalled(server.port()):
        assert server.stop(signal.SIGTERM, seconds=27) == OK


def test_sigquit_writes_all_counters_as_one_line_of_json_and_goes_on(gatehouse):
    server = gatehouse()
    with opened(server.port()) as wire:
        before = server.counters()
        assert wire.ask("Echo/HD_Raw", b"counted") == b"counted"
        assert before["/replies_sent"] == before["/messages_received"] == 0 and len(before) > 20
        # A turn of the loop is counted at its end, which may be after its bytes went out.
        wait_until(lambda: server.counters()["/replies_sent"] == 1, "the answer in the counters")
        after = server.counters()
        assert after["/messages_received"] == 1 and after["/connections_opened"] == 1
        assert set(after) == set(before)
        wire.ping()
    assert len([line for line in server.stderr().splitlines() if line.startswith("{")]) >= 3


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGPIPE])
def test_other_signals_drop_no_connection(gatehouse, number):
    server = gatehouse()
    with opened(server.port()) as wire:
        server.send_signal(number)
        server.counters()
        wire.ping()


def test_environment_variables_stand_in_for_flags(gatehouse):
    server = gatehouse(listen=[], env={
        "GATEHOUSE_LISTEN": "mqtt://127.0.0.1:0", "GATEHOUSE_LOG_LEVEL": "debug", "GATEHOUSE_LOOPS": "1"})
    assert [entry["protocol"] for entry in server.listeners] == ["mqtt"]
    with opened(server.port()) as wire:
        wire.send(b"\xff")
        wire.expect_closed()
    wait_until(lambda: "debug" in server.stderr().lower(), "a debug line")


def test_a_flag_wins_over_the_environment(gatehouse):
    server = gatehouse("--log-level", "error", env={
        "GATEHOUSE_LISTEN": "mqtt://127.0.0.1:1", "GATEHOUSE_LOG_LEVEL": "trace"})
    assert len(server.listeners) == 2
    assert "trace" not in server.stderr().lower()


@pytest.mark.parametrize("loops", [1, 2, 4])
def test_loops_are_threads(gatehouse, loops):
    server = gatehouse("--loops", loops)
    names = {(task / "comm").read_text().strip() for task in pathlib.Path(f"/proc/{server.pid}/task").iterdir()}
    assert {name for name in names if "loop" in name} == {f"gate-loop-{number}" for number in range(loops)}


def test_a_closed_connection_is_a_counter_and_a_debug_line(gatehouse):
    server = gatehouse("--log-level", "debug")
    with opened(server.port()) as wire:
        wire.send(b"\xff")
        wire.expect_closed()
    assert server.counter("unknown_kind") >= 1
    wait_until(lambda: "unknown_kind" in server.stderr(), "a debug line with the reason")


def test_a_fault_of_a_client_is_not_a_line_at_the_default_level(gatehouse):
    server = gatehouse()
    before = server.stderr()
    with watcher(server.port()) as wire:
        wire.send(b"\xff")
        wire.expect_closed()
    assert server.counter("unknown_kind") >= 1
    assert "unknown_kind" not in "".join(
        line for line in server.stderr()[len(before):].splitlines() if not line.startswith("{"))
