"""One gatehouse process: started from the built binary, told to stop by its pid."""

import json
import os
import pathlib
import signal
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
PATIENCE_SECONDS = 30


def binary() -> str:
    """Path of the executable under test."""
    return os.environ.get("GATEHOUSE_BIN", str(ROOT / ".build/release/gatehouse"))


def environment(extra=None) -> dict:
    """The surroundings of a server: ours without any GATEHOUSE_ setting, and `extra`."""
    clean = {key: value for key, value in os.environ.items() if not key.startswith("GATEHOUSE_")}
    clean.update(extra or {})
    return clean


def run(*arguments, env=None, cwd=None, timeout=PATIENCE_SECONDS):
    """Runs a command of the executable that ends by itself."""
    return subprocess.run(
        [binary(), *map(str, arguments)], env=environment(env), cwd=cwd, timeout=timeout,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def wait_until(condition, what, seconds=PATIENCE_SECONDS):
    """Asks `condition` again and again until it answers something true, and returns that."""
    end = time.monotonic() + seconds
    while True:
        answer = condition()
        if answer:
            return answer
        if time.monotonic() > end:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(0.01)


class Gatehouse:
    """`gatehouse serve` (or another command that serves) with listeners on free ports of the loopback."""

    def __init__(self, *flags, listen=("mqtt://127.0.0.1:0", "length32-json://127.0.0.1:0"), env=None, cwd=None,
                 command="serve", ports_file=None, before=()):
        """`ports_file`: where the server writes its ports without being told so here. `before`: words before ours."""
        self.folder = tempfile.TemporaryDirectory(prefix="gatehouse-e2e-")
        base = pathlib.Path(self.folder.name)
        self.ports_file = pathlib.Path(ports_file or base / "ports.json")
        self.stderr_path = base / "stderr"
        arguments = [*before, binary(), command]
        if ports_file is None:
            arguments += ["--ports-file", str(self.ports_file)]
        for address in listen:
            arguments += ["--listen", address]
        arguments += [str(flag) for flag in flags]
        with open(self.stderr_path, "wb") as stderr:
            self.process = subprocess.Popen(
                arguments, env=environment(env), cwd=cwd, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                stderr=stderr)
        self.pid = self.process.pid
        self.listeners = []

    def wait_for_log(self, text):
        """Waits until the server has logged `text`."""
        def logged():
            if self.process.poll() is not None:
                raise AssertionError(f"the server ended with {self.process.returncode}:\n{self.stderr()}")
            return text in self.stderr()
        wait_until(logged, text)
        return self

    def wait_for_ports(self):
        """Waits until the server says which ports it bound."""
        def ports():
            if self.process.poll() is not None:
                raise AssertionError(f"the server ended with {self.process.returncode}:\n{self.stderr()}")
            try:
                return json.loads(self.ports_file.read_text())["listeners"]
            except (FileNotFoundError, json.JSONDecodeError):
                return None
        self.listeners = wait_until(ports, "ports file")
        return self

    def port(self, protocol="mqtt", index=0):
        """The port of the `index`th listener that speaks `protocol`."""
        return [entry for entry in self.listeners if entry["protocol"] == protocol][index]["port"]

    def stderr(self) -> str:
        """Everything the server has logged so far."""
        return self.stderr_path.read_text(errors="replace")

    def resident_bytes(self) -> int:
        """Resident memory of the process (second field of statm, in pages)."""
        pages = int(pathlib.Path(f"/proc/{self.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")

    def send_signal(self, number):
        """Sends a signal to this process only."""
        self.process.send_signal(number)

    def wait(self, seconds=PATIENCE_SECONDS) -> int:
        """Waits for the end; returns the exit code."""
        return self.process.wait(timeout=seconds)

    def stop(self, number=signal.SIGTERM, seconds=PATIENCE_SECONDS) -> int:
        """Asks the process to end, waits; returns the exit code."""
        if self.process.poll() is None:
            self.send_signal(number)
        return self.wait(seconds)

    def counters(self) -> dict:
        """All counters, flattened: SIGQUIT makes the server write them as one line of JSON."""
        before = len(json_lines(self.stderr()))
        self.send_signal(signal.SIGQUIT)
        lines = wait_until(lambda: json_lines(self.stderr())[before:], "counters after SIGQUIT")
        return flatten(lines[-1])

    def counter(self, name) -> int:
        """The sum of all counters whose path holds `name`; 0 when there is none."""
        return sum(value for path, value in self.counters().items() if name in path)

    def dispose(self):
        """Ends what still runs and removes the files."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.folder.cleanup()


def json_lines(text) -> list:
    """The lines of `text` that are JSON objects; a line still being written is left for later."""
    found = []
    for line in text.split("\n")[:-1]:
        if line.startswith("{"):
            try:
                found.append(json.loads(line))
            except json.JSONDecodeError:
                pass
    return found


def flatten(value, path="") -> dict:
    """Nested objects as one dictionary from slash-joined path to number."""
    if isinstance(value, dict):
        flat = {}
        for key, inner in value.items():
            flat.update(flatten(inner, f"{path}/{key}"))
        return flat
    if isinstance(value, list):
        flat = {}
        for index, inner in enumerate(value):
            flat.update(flatten(inner, f"{path}/{index}"))
        return flat
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return {}
    return {path: value}
