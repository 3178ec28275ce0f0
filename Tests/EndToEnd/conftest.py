"""Fixtures: servers that are started for a test and end as they should."""

import os

import pytest

# What they find is said as in tests.
pytest.register_assert_rewrite("setting_probes", "limit_probes")

from gateprocess import Gatehouse, binary
from systems import listeners

SHARED_LISTENERS = (
    "mqtt://127.0.0.1:0",
    "mqtt://127.0.0.1:0?takeover=true",
    "length16://127.0.0.1:0?route=Echo/HD_Raw",
    "length32://127.0.0.1:0?route=Echo/HD_Raw",
    "length32-json://127.0.0.1:0",
)


def pytest_sessionstart(session):
    """Nothing can be tested without the executable, so its absence is a failure and not a skip."""
    if not os.access(binary(), os.X_OK):
        pytest.exit(f"no executable at {binary()}: build it with `swift build -c release`", 1)


def end(server):
    """Stops a server and holds it against what every server owes at its end."""
    try:
        still_running = server.process.poll() is None
        code = server.stop()
        report = server.stderr()
        if still_running:
            assert code == 0, f"exit code {code}\n{report}"
        assert "Fatal error" not in report, report
    finally:
        server.dispose()


@pytest.fixture
def gatehouse():
    """Starts servers: `gatehouse("--flag", …, listen=[…])`. Each ends with SIGTERM and exit code 0."""
    started = []

    def start(*flags, **options):
        server = Gatehouse(*flags, **options)
        started.append(server)
        return server.wait_for_ports()

    yield start
    failures = []
    for server in started:
        try:
            end(server)
        except AssertionError as failure:
            failures.append(failure)
    if failures:
        raise failures[0]


@pytest.fixture(scope="session")
def server():
    """One server with defaults and all protocols, shared by the tests that change nothing in it."""
    shared = Gatehouse(listen=SHARED_LISTENERS).wait_for_ports()
    yield shared
    end(shared)


@pytest.fixture(scope="session")
def systems_server(tmp_path_factory):
    """One server that the clients of all systems share, each with its own names, and MQTT's."""
    file = tmp_path_factory.mktemp("systems") / "gate.json5"
    mqtt = {"protocol": "mqtt", "host": "127.0.0.1", "port": 0}
    file.write_text(listeners.configuration(mqtt, *map(listeners.listener, listeners.NAMES)))
    shared = Gatehouse("--config", file, "--log-level", "debug", listen=()).wait_for_ports()
    yield shared
    end(shared)


@pytest.fixture
def port(server):
    """The MQTT port of the shared server."""
    return server.port("mqtt")


@pytest.fixture
def takeover_port(server):
    """The MQTT port where a client id in use is taken over."""
    return server.port("mqtt", 1)
