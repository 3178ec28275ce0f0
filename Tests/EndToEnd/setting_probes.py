"""What shows that a setting is in effect: each probe starts a process that has it and watches it as a client would.

Every probe takes the stage and the value that must be in effect; by default that is the default. Lower bounds of times
are exact but for the grain of clocks, upper ones lie below what the default would take. Limits are in limit_probes.
"""

import json
import pathlib
import signal
import socket
import time

from cluster import free_port
from gateprocess import run, wait_until
from test_demo_contract import logged_in
from wire import PINGREQ, PINGRESP, Wire, opened, packet, publish

MQTT = ("mqtt://127.0.0.1:0",)
#: What a clock may be wrong by, as a share.
GRAIN = 0.95


def waits(number, milliseconds=60_000):
    """A request that runs for a minute."""
    return publish(f"Echo/HD_Wait/{number}", json.dumps({"milliseconds": milliseconds}))


def error(wire, topic, body=b"{}"):
    """The error text of the answer to a request."""
    wire.send(publish(topic, body))
    return json.loads(wire.message(topic).payload)["Error"]


# The node.

def node(stage, name):
    with opened(stage.serve(listen=MQTT).port()) as wire:
        assert error(wire, f"Echo@{name}/HD_Echo/1") == ""
        assert error(wire, f"Echo@{name}x/HD_Echo/1") != ""


def process_group(stage, group):
    entries = [{"type": "Echo", "id": "e", "processGroup": group},
               {"type": "HelloWorld", "id": "h", "processGroup": "other"}]
    with opened(stage.serve(listen=MQTT, file={"modules": entries}).port()) as wire:
        assert error(wire, "Echo/HD_Echo/1") == ""
        assert error(wire, "HelloWorld/HD_Say/1") == "Service(type:HelloWorld) not found"


def loops(stage, count):
    tasks = pathlib.Path(f"/proc/{stage.serve().pid}/task").iterdir()
    names = {(task / "comm").read_text().strip() for task in tasks}
    assert {name for name in names if "loop" in name} == {f"gate-loop-{number}" for number in range(count)}


def ports_file(stage, path):
    server = stage.serve(listen=MQTT, ports_file=path)
    assert json.loads(pathlib.Path(path).read_text())["listeners"] == server.listeners
    with opened(server.port()) as wire:
        wire.ping()


def no_ports_file(stage, _):
    stage.start(listen=MQTT, ports_file=stage.folder / "ports.json", cwd=stage.folder).wait_for_log("notice serving")
    assert list(stage.folder.iterdir()) == []


def drain_seconds(stage, seconds):
    """Where it is short, calls get half of what the end leaves."""
    server = stage.serve(listen=MQTT)
    with opened(server.port(), keep_alive=0) as wire:
        wire.send(waits(1), packet(PINGREQ))
        assert wire.packet().kind == PINGRESP
        begin = time.monotonic()
        assert server.stop() == 0
        assert seconds * 0.35 <= time.monotonic() - begin < 12
        assert f"stopping seconds={float(seconds)}" in server.stderr()


def drain_seconds_default(stage, seconds):
    server = stage.serve(listen=MQTT)
    with opened(server.port(), keep_alive=0) as wire:
        wire.send(waits(1, 1500))
        wire.ping()
        assert server.stop() == 0
        assert f"stopping seconds={float(seconds)}" in server.stderr()
        assert json.loads(wire.message("Echo/HD_Wait/1").payload)["Error"] == ""


def drain_rate_max(stage, rate):
    server = stage.serve(listen=MQTT)
    count = max(9, int(rate * 0.8))
    wires = [opened(server.port(), f"c{number}", keep_alive=0) for number in range(count)]
    begin = time.monotonic()
    assert server.stop() == 0
    # With the rate of the default so few would be gone at once; the first one need not wait.
    assert (count - 1) / rate * 0.9 <= time.monotonic() - begin < count / rate + 10
    for wire in wires:
        wire.rest_until_closed()
        wire.close()


# The log.

def log_level(stage, level):
    server = stage.serve(listen=MQTT)
    with opened(server.port()) as wire:
        wire.send(b"\xff")
        wire.expect_closed()
    if level == "debug":
        wait_until(lambda: "debug connection ended" in server.stderr(), "a debug line")
    assert server.counter("unknown_kind") == 1
    assert ("debug" in server.stderr()) == (level == "debug")
    assert "notice serving" in server.stderr()


def log_directory(stage, path):
    stage.serve(listen=MQTT)
    folder = pathlib.Path(path)
    wait_until(lambda: any("serving" in file.read_text() for file in folder.glob("*")), "a log file")
    assert "serving" not in stage.started[-1].stderr()


def log_to_standard_error(stage, _):
    stage.serve(listen=MQTT, cwd=stage.folder).wait_for_log("notice serving")
    assert list(stage.folder.iterdir()) == []


# Protocols and routing.

def protocols(stage, folders):
    names = [pathlib.Path(folder).name for folder in folders]
    server = stage.serve(listen=[f"{name}://127.0.0.1:0?route=Echo/HD_Raw" for name in names])
    for name in names:
        with Wire(server.port(name)) as wire:
            wire.send(b"\x01\x00\x07\x00\x01hello")
            assert wire.read(10) == b"\x03\x00\x07\x00\x01hello"


def protocols_in(folder, *names):
    """A folder for each name with a descriptor of that name."""
    text = run("protocol", "new", "mine").stdout
    for name in names:
        (folder / name).mkdir()
        (folder / name / f"{name}.json5").write_text(text)
    return [str(folder / name) for name in names]


def no_protocols(stage, _):
    protocols_in(stage.folder, "mine")
    done = run("serve", "--listen", "mine://127.0.0.1:0?route=Echo/HD_Raw", cwd=stage.folder / "mine")
    assert done.returncode == 64 and "mine" in done.stderr


def route_rule(stage, rule):
    with opened(stage.serve(listen=MQTT).port()) as wire:
        texts = {"topic": "Echo/HD_Raw/1", "uri": "Echo://modulus/path?msg_id=1"}
        other = texts["uri" if rule == "topic" else "topic"]
        wire.send(publish(other, b"{}"), publish(texts[rule], b"{}"))
        heard = [wire.message().topic.decode()]
        while heard[-1] != texts[rule]:
            heard.append(wire.message().topic.decode())
        wire.send(publish(other, b"{}"), packet(PINGREQ))
        assert rule == "uri" or heard == [texts[rule]]
        found = wire.packet()
        if found.kind != PINGRESP:  # the uri rule answers every topic
            assert json.loads(found.payload)["Error"] != ""


def guard(stage, prefixes):
    with opened(stage.serve(listen=MQTT).port()) as wire:
        for prefix in prefixes:
            # No handler has exactly that name.
            assert error(wire, f"Echo/{prefix}x/1") == f"Remote function({prefix}x) not found"
        begin = f"must begin with '{prefixes[0]}'"
        closed = ["Other"] + (["HD_Echo"] if "HD_" not in prefixes else [])
        for name in closed:
            assert error(wire, f"Echo/{name}/1") == f"Method({name}) {begin}"


# Sessions.

def second_login(stage, policy):
    server = stage.serve(listen=MQTT)
    with logged_in(server.port(), "ada", "first") as first, logged_in(server.port(), "ada", "second") as second:
        if policy == "kick":
            first.rest_until_closed()
        else:
            assert error(first, "Echo/HD_Echo/1") == ""
        assert error(second, "Echo/HD_Echo/1") == ""
    assert server.counter("kicked") == (policy == "kick")


# Calls.

def rpc_timeout_seconds(stage, seconds):
    with opened(stage.serve(listen=MQTT).port(), keep_alive=0) as wire:
        fails_after(wire, seconds)


def rpc_timeout_seconds_of_another_node(stage, seconds):
    stage.node("modules", has=False)
    gateway = stage.node("gateway", listen=MQTT).wait_for_ports()
    with opened(gateway.port(), keep_alive=0) as wire:
        fails_after(wire, seconds)


def fails_after(wire, seconds):
    """A call that takes too long fails after that time, below the default."""
    begin = time.monotonic()
    wire.send(waits(1))
    assert json.loads(wire.message("Echo/HD_Wait/1").payload)["Error"] == "deadline exceeded"
    assert seconds * GRAIN <= time.monotonic() - begin < 9


def listed(*look):
    """What `gatehouse nodes` lists."""
    done = run("nodes", *look, "--json")
    return json.loads(done.stdout) if done.returncode == 0 else []


def rpc(stage, url):
    stage.serve("--node", "n1", listen=MQTT)
    wait_until(lambda: [found["node"] for found in listed("--peer", url)] == ["n1"], "the node answers at its URL")


def no_rpc(stage, _):
    server = stage.serve(listen=MQTT)
    links = {str(link.readlink()) for link in pathlib.Path(f"/proc/{server.pid}/fd").iterdir()}
    for table in ("udp", "udp6"):
        lines = pathlib.Path(f"/proc/{server.pid}/net/{table}").read_text().splitlines()[1:]
        assert not links & {f"socket:[{line.split()[9]}]" for line in lines}


def udp_url():
    """A URL for a node of its own."""
    return f"udp://127.0.0.1:{free_port(socket.SOCK_DGRAM)}"


class Listener:
    """A place that nodes tell that they are there, without ever an answer."""

    def __init__(self):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.settimeout(20)
        self.url = "udp://127.0.0.1:%d" % self.socket.getsockname()[1]

    def hears(self):
        """When the next announcement came; what is shorter is something else."""
        while len(self.socket.recv(70_000)) < 200:
            pass
        return time.monotonic()


def peer(stage, urls):
    stage.serve("--rpc", udp_url(), listen=MQTT)
    for listener in stage.listeners:
        assert listener.url in urls
        assert listener.hears()


def announce_seconds(stage, seconds):
    listener = Listener()
    stage.serve("--rpc", udp_url(), "--peer", listener.url, listen=MQTT)
    times = [listener.hears() for _ in range(6)][1:]
    gaps = [after - before for before, after in zip(times, times[1:])]
    # One of them may have been late.
    assert times[-1] - times[0] >= (len(gaps) - 1) * seconds * 0.9
    assert min(gaps) < seconds * 2.5


def node_life_seconds(stage, seconds):
    """How long a silent node is believed in is what it said itself; that one is gone the system may tell earlier."""
    silent = stage.node("modules", "--node", "silent", "--announce-seconds", 0.2)
    gateway = stage.node("gateway", "--announce-seconds", 0.3, has=False, listen=MQTT)
    with opened(gateway.wait_for_ports().port()) as wire:
        assert error(wire, "Echo/HD_Echo/1") == ""
        begin = time.monotonic()
        silent.send_signal(signal.SIGSTOP)
        wait_until(lambda: "node left" in gateway.stderr(), "the node is forgotten")
        # It may have been heard some time ago, where processes wait for each other.
        assert seconds - 1 <= time.monotonic() - begin < seconds + 2.7
        assert "reason=silent" in gateway.stderr()
        assert error(wire, "Echo/HD_Echo/1") == "Service(type:Echo) not found"


def labels(stage, texts):
    wanted = dict(text.split("=") for text in texts)
    assert modules_node(stage)["labels"] == wanted


def modules_version(stage, version):
    assert {module.get("version", "") for module in modules_node(stage)["modules"].values()} == {version}


def modules_node(stage):
    """What is listed of a node with the setting."""
    stage.node("modules", "--node", "n1")
    return wait_until(lambda: listed(*stage.nodes.look()), "the node is listed")[0]
