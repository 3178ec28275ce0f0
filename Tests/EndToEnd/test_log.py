"""The log: nobody who logs waits for it, and what was lost is said."""

import json
import os
import signal
import subprocess

import pytest

from gateprocess import binary, environment, run, wait_until
from wire import Wire, opened


class Started:
    """A server whose standard streams are what a test makes them."""

    def __init__(self, folder, *flags, **streams):
        self.ports = folder / "ports.json"
        self.process = subprocess.Popen(
            [binary(), "serve", "--listen", "mqtt://127.0.0.1:0", "--ports-file", self.ports, *flags],
            env=environment(), **{"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, **streams})

    def port(self):
        """The port, once it is open."""
        wait_until(self.ports.exists, "the ports file")
        return json.loads(self.ports.read_text())["listeners"][0]["port"]

    def end(self):
        """Ends the server as an operator would; the exit code."""
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(10)
        finally:
            self.process.kill()


def test_a_standard_error_that_nobody_reads_stops_nothing(tmp_path):
    server = Started(tmp_path, "--log-level", "debug", stderr=subprocess.PIPE)
    port = server.port()
    for _ in range(800):
        Wire(port).close()
    with opened(port) as wire:
        assert wire.ask("Echo/HD_Raw", b"alive") == b"alive"
    server.process.send_signal(signal.SIGQUIT)
    with opened(port) as wire:
        wire.ping()
    assert server.end() == 0
    # A pipe of 16 pages is full, and not all of 100 KB went into it.
    assert 32_768 <= len(server.process.stderr.read()) <= 65_536


def test_a_standard_error_whose_reader_has_gone_stops_nothing(tmp_path):
    reading, writing = os.pipe()
    os.close(reading)
    server = Started(tmp_path, "--log-level", "debug", "--loops", "1", stderr=writing)
    os.close(writing)
    port = server.port()
    for _ in range(10):
        Wire(port).close()
    with opened(port) as wire:
        wire.ping()
    assert server.end() == 0


def test_standard_streams_that_are_closed_become_no_other_files(tmp_path):
    server = subprocess.Popen(
        ["sh", "-c", 'exec "$0" serve --listen mqtt://127.0.0.1:0 --ports-file "$1" <&- >&- 2>&-', binary(),
         str(tmp_path / "ports.json")], env=environment())
    try:
        wait_until((tmp_path / "ports.json").exists, "the ports file")
        found = {os.readlink(f"/proc/{server.pid}/fd/{number}") for number in range(3)}
        assert found == {"/dev/null"}
    finally:
        server.send_signal(signal.SIGTERM)
        assert server.wait(10) == 0


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGUSR1])
def test_a_log_file_that_was_renamed_is_opened_anew(gatehouse, tmp_path, number):
    server = gatehouse("--log-dir", tmp_path)
    current, old = tmp_path / "development.log", tmp_path / "old.log"
    wait_until(lambda: "serving" in current.read_text(), "the first lines")
    current.rename(old)
    server.send_signal(number)
    wait_until(current.exists, "the new file")
    server.send_signal(signal.SIGUSR2)
    wait_until(lambda: "SIGUSR2" in current.read_text(), "a line in the new file")
    assert "serving" in old.read_text() and "SIGUSR2" not in old.read_text()
    with opened(server.port()) as wire:
        wire.ping()
    server.stop()
    assert "stopped" in current.read_text()


def test_what_a_full_disk_does_not_take_is_said_once_there_is_room(gatehouse, tmp_path):
    log = tmp_path / "development.log"
    log.symlink_to("/dev/full")
    server = gatehouse("--log-dir", tmp_path)
    wait_until(lambda: server.counter("log_lines_lost") >= 1, "a lost line")
    log.unlink()
    server.send_signal(signal.SIGUSR1)
    wait_until(lambda: log.is_file() and "log lines lost" in log.read_text(), "the account")
    assert "No space left on device" in log.read_text()


def test_a_fault_of_a_flags_file_is_a_fault_of_usage(tmp_path):
    for flags in (["--ports-file", tmp_path / "no" / "ports.json"], ["--log-dir", tmp_path / "no" / "logs"]):
        done = run("serve", "--listen", "mqtt://127.0.0.1:0", *flags)
        assert done.returncode == 64 and done.stderr.splitlines()[-1].startswith(f"{flags[0]}: error: "), done
    (tmp_path / "g.json").write_text('{node: {portsFile: "/no/ports"}, log: {directory: "/no/logs"}}')
    done = run("serve", "--listen", "mqtt://127.0.0.1:0", "--config", tmp_path / "g.json")
    assert done.returncode == 78 and "g.json:1:" in done.stderr.splitlines()[-1]


@pytest.mark.parametrize("command, arguments", [
    ("call", ["A", "b"]), ("call", ["A", "b", "--timeout", "-1"]), ("call", ["A", "b", "--bogus"]),
    ("gateway", []), ("gateway", ["--bogus"]), ("modules", []),
    ("modules", ["--rpc", "udp://127.0.0.1:1", "--run", ","]),
    ("nodes", []), ("nodes", ["--wait", "-1"]),
])
def test_wrong_usage_of_a_command_shows_that_commands_usage(command, arguments):
    done = run(command, *arguments)
    assert done.returncode == 64
    assert f"gatehouse {command}" in done.stderr and "<subcommand>" not in done.stderr, done.stderr
    assert done.stderr.startswith("Error: ")


def test_the_help_names_every_exit_code():
    text = " ".join(run("--help").stdout.split())
    for code in ("0 well", "1 ", "64 ", "65 ", "69 ", "70 ", "78 "):
        assert code in text
