"""Every setting, given by flag, by variable and in the file, has its effect on a process; so has its default."""

import json
import os
import socket
import time
from typing import Any, Callable, NamedTuple

import pytest

import limit_probes as limits
import setting_probes as probes
from gateprocess import run
from settings import WAYS, Stage, flags_of_the_help, report
from wire import Wire, opened


class Reported(NamedTuple):
    """A default whose effect takes too long or too much to see: `check-config` says it; `why` it is not seen."""

    value: Any
    why: str


class Seen(NamedTuple):
    """A default, and what shows it where that is not the setting's own probe."""

    value: Any
    probe: Callable


class Row(NamedTuple):
    """One setting. `value` may depend on the stage; `default` is shown by the probe, too, unless it says otherwise."""

    path: str
    name: str
    value: Any
    default: Any
    probe: Callable


def peers(stage):
    """Two places that listen."""
    stage.listeners = [probes.Listener(), probes.Listener()]
    return [listener.url for listener in stage.listeners]


def unseen(stage, value):
    """What nothing outside can see is at least what the configuration becomes."""
    flags, env = stage.given()
    assert report(*flags, env=env)[stage.path] == value


SLOW = "seen by the test of the default times"
TABLE = [
    Row("node.name", "node", "n7", socket.gethostname(), probes.node),
    Row("node.processGroup", "process-group", "live", "development", probes.process_group),
    Row("node.loops", "loops", 3, Seen(None, lambda stage, _: probes.loops(stage, len(os.sched_getaffinity(0)))),
        probes.loops),
    Row("node.portsFile", "ports-file", lambda stage: str(stage.folder / "bound.json"),
        Seen(None, probes.no_ports_file), probes.ports_file),
    Row("node.drainSeconds", "drain-seconds", 2, Seen(25, probes.drain_seconds_default), probes.drain_seconds),
    Row("node.drainRateMax", "drain-rate-max", 8, 500, probes.drain_rate_max),
    Row("log.level", "log-level", "debug", "info", probes.log_level),
    Row("log.directory", "log-dir", lambda stage: str(stage.folder / "logs"),
        Seen(None, probes.log_to_standard_error), probes.log_directory),
    Row("protocols.directories", "protocols", lambda stage: probes.protocols_in(stage.folder, "mine", "yours"),
        Seen([], probes.no_protocols), probes.protocols),
    Row("routing.rule", "route-rule", "uri", "topic", probes.route_rule),
    Row("routing.guard", "guard", ["My_", "HD_R"], ["HD_", "Handler_"], probes.guard),
    Row("sessions.secondLogin", "second-login", "kick", "allow", probes.second_login),
    # Only a storage hook hears it, and the program has none; Swift tests of the gateway do.
    Row("sessions.heartbeatSeconds", "heartbeat-seconds", 7, 60, unseen),
    Row("sessions.storedMax", "stored-max", 2, 10_000, limits.stored_max),
    Row("sessions.storedBytesMax", "stored-bytes-max", 20_000, 64 << 20, limits.stored_bytes_max),
    Row("sessions.storedBytesPerOwnerMax", "stored-bytes-per-owner-max", 20_000, 16 << 20,
        limits.stored_bytes_per_owner_max),
    Row("sessions.storedSeconds", "stored-seconds", 1, Reported(3600, "an hour"), limits.stored_seconds),
    Row("rpc.timeoutSeconds", "rpc-timeout-seconds", 0.3, Reported(10, SLOW), probes.rpc_timeout_seconds),
    Row("rpc.url", "rpc", lambda _: probes.udp_url(), Seen(None, probes.no_rpc), probes.rpc),
    Row("rpc.peers", "peer", peers, Reported([], "there is nobody to tell"), probes.peer),
    Row("rpc.announceSeconds", "announce-seconds", 0.25, 1, probes.announce_seconds),
    Row("rpc.nodeLifeSeconds", "node-life-seconds", 1, 4, probes.node_life_seconds),
    Row("rpc.labels", "label", ["zone=b", "tier=2"], [], probes.labels),
    Row("rpc.modulesVersion", "modules-version", "7.7", Seen(None, lambda stage, _: probes.modules_version(stage, "")),
        probes.modules_version),
    Row("limits.connectionsMax", "connections-max", 3, Seen(None, limits.connections_max_default),
        limits.connections_max),
    Row("limits.connectionsPerAddressMax", "connections-per-address-max", 4, 0, limits.connections_per_address_max),
    Row("limits.connectionRateMax", "connection-rate-max", 5, 0, limits.connection_rate_max),
    Row("limits.frameBytesMax", "frame-bytes-max", 1_000, 65_535, limits.frame_bytes_max),
    Row("limits.inFlightMax", "in-flight-max", 6, 20, limits.in_flight_max),
    Row("limits.queuedBytesMax", "queued-bytes-max", 300_000, 1 << 20, limits.queued_bytes_max),
    Row("limits.queuedBytesTotalMax", "queued-bytes-total-max", 2 << 20, Reported(256 << 20, "so much would be kept"),
        limits.queued_bytes_total_max),
    Row("limits.moduleSharePercent", "module-share-percent", 2, 25, limits.module_share_percent),
    Row("limits.highWaterBytes", "high-water-bytes", 300_000, 65_536, limits.high_water_bytes),
    Row("limits.handshakeSeconds", "handshake-seconds", 0.4, Reported(10, SLOW), limits.handshake_seconds),
    Row("limits.frameSeconds", "frame-seconds", 0.5, Reported(30, SLOW), limits.frame_seconds),
    Row("limits.writeSeconds", "write-seconds", 2, Reported(30, SLOW), limits.write_seconds),
]


@pytest.fixture
def stage(tmp_path, request):
    """A stage of the test's setting and way, if it has them."""
    row, way = getattr(request, "param", (None, None))
    stage = Stage(tmp_path, *(row[:2] if row else ()), way=way)
    if way:
        stage.value = row.value(stage) if callable(row.value) else row.value
    yield stage
    stage.dispose()


def test_every_setting_has_a_row():
    assert {row.name for row in TABLE} == flags_of_the_help()
    assert [row.path for row in TABLE] == list(report())


def keep_from_sanitizer(row, way):
    """Under the thread sanitizer each program is given four loops by a variable, which counts before a file."""
    if row.name == "loops" and way in ("file", "default") and "GATEHOUSE_E2E_SANITIZER" in os.environ:
        pytest.skip("the number of loops is given")


@pytest.mark.parametrize("row, stage", [(row, (row, way)) for row in TABLE for way in WAYS], indirect=["stage"],
                         ids=[f"{row.name}-{way}" for row in TABLE for way in WAYS])
def test_a_setting_has_its_effect(row, stage):
    keep_from_sanitizer(row, stage.way)
    row.probe(stage, stage.value)


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.name)
def test_a_setting_that_nobody_gives_has_its_default(row, stage):
    keep_from_sanitizer(row, "default")
    value, probe = row.default, row.probe
    if isinstance(value, Seen):
        value, probe = value
    elif isinstance(value, Reported):
        value, probe = value.value, None
    said = report()[row.path]
    assert said == value
    if probe is unseen or probe is None:
        return
    probe(stage, value)


def test_the_default_times_of_a_client(stage):
    """Ten seconds to log in and for a call; who sends half a packet, or takes nothing, has thirty."""
    server = stage.serve(listen=probes.MQTT)
    begin = time.monotonic()
    with Wire(server.port()) as silent, opened(server.port(), keep_alive=0) as asks, \
            opened(server.port(), keep_alive=0) as half, limits.stalled(server.port()) as slow:
        asks.send(probes.waits(1))
        half.send(limits.publish_of(100)[:10])
        limits.stuff(slow, 60_000, lambda: server.counter("read_pauses"))
        assert b"deadline exceeded" in asks.message().payload
        assert 9.5 <= time.monotonic() - begin < 25
        assert 9.5 <= limits.until_closed(silent, begin) < 25
        counters = server.counters()
        assert counters["/connections_closed/handshake_timeout"] == 1
        if time.monotonic() - begin < 25:
            assert counters["/connections_closed/frame_timeout"] == counters["/connections_closed/write_timeout"] == 0


def test_a_call_to_another_node_has_the_time_of_the_gateway(stage):
    stage.path, stage.name, stage.way, stage.value = "rpc.timeoutSeconds", "rpc-timeout-seconds", "flag", 0.5
    probes.rpc_timeout_seconds_of_another_node(stage, 0.5)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("life, announce, is_taken", [(1, 0.6, False), (1, 0.5, True), (None, 2.1, False)])
def test_a_node_must_live_as_long_as_two_announcements(tmp_path, way, life, announce, is_taken):
    """By whichever way they come; the place of the fault is that of the life, if it is given."""
    given = {"node-life-seconds": ("nodeLifeSeconds", life), "announce-seconds": ("announceSeconds", announce)}
    given = {name: pair for name, pair in given.items() if pair[1] is not None}
    flags, env = ["--listen", "mqtt://127.0.0.1:0"], {}
    if way == "flag":
        flags += [word for name, (_, value) in given.items() for word in (f"--{name}", value)]
        place = f"--{next(iter(given))}"
    elif way == "variable":
        env = {"GATEHOUSE_" + name.upper().replace("-", "_"): str(value) for name, (_, value) in given.items()}
        place = next(iter(env))
    else:
        path = tmp_path / "gate.json5"
        path.write_text(json.dumps({"rpc": dict(given.values())}))
        flags += ["--config", path]
        place = f"{path}:1:"
    for command in ("check-config", "serve"):
        if is_taken:
            assert run("check-config", *flags, env=env).returncode == 0
            continue
        done = run(command, *flags, env=env)
        assert done.returncode == (64 if way == "flag" else 78), done.stderr
        line = next(line for line in done.stderr.splitlines() if "nodeLifeSeconds" in line)
        assert place in line and "rpc.nodeLifeSeconds must be at least twice rpc.announceSeconds" in line
