"""A backend in Python, made of rpc.proto alone, among our own nodes."""

import os
import pathlib
import signal
import subprocess
import sys
import time

import pytest

from cluster import Nodes, transports
from gateprocess import ROOT, run, wait_until
from test_demo_contract import logged_in
from wire import opened, publish

pytestmark = pytest.mark.skipif("nats" not in transports(), reason="the backend speaks NATS")

HERE = pathlib.Path(__file__).parent


@pytest.fixture
def nodes():
    """A cluster over NATS."""
    nodes = Nodes("nats")
    yield nodes
    nodes.dispose()


@pytest.fixture
def backend(nodes, tmp_path):
    """The backend, once it runs."""
    subprocess.run(
        [sys.executable, "-m", "grpc_tools.protoc", "-I", ROOT / "Sources/GateRPC", f"--python_out={tmp_path}",
         "rpc.proto"], check=True)
    surroundings = dict(os.environ, PYTHONPATH=str(tmp_path))
    process = subprocess.Popen(
        [sys.executable, HERE / "python_backend.py", nodes.broker.url], env=surroundings, stdout=subprocess.PIPE,
        text=True)
    yield process
    process.kill()
    process.wait()


def test_a_python_backend_answers_an_mqtt_client(nodes, backend):
    nodes.modules("--run", "Login")
    gateway = nodes.gateway("--node", "gate")
    gateway.wait_for_log("snake")
    with logged_in(gateway.port(), "ada") as wire, opened(gateway.port(), "g") as guest:
        assert wire.ask_json("Python/HD_Add", {"a": 2, "b": 40})["Result"] == {"sum": 42}
        assert wire.ask_json("Python@snake/HD_Who", {})["Result"] == "ada"
        assert guest.ask_json("Python/HD_Who", {})["Result"] == "a guest"
        assert wire.ask_json("Python/HD_Fail", {})["Error"] == "not today"
        assert wire.ask_json("Python/HD_Nothing", {})["Error"] == "Remote function(HD_Nothing) not found"
        guest.send(publish("Python/HD_Push/9", b'{"x":1}'))
        assert guest.message("Python/OnPush").payload == b'{"x":1}'
        assert guest.message("Python/HD_Push/9")


def test_a_python_backend_is_seen_comes_and_goes(nodes, backend):
    nodes.gateway("--node", "gate").wait_for_log("snake")
    rows = [line.split() for line in run("nodes", *nodes.look()).stdout.splitlines()]
    assert ["snake", "modules", "Python"] in [row[:3] for row in rows]
    assert run("call", "Python", "HD_Add", '{"a":1,"b":2}', *nodes.look()).stdout == '{"sum": 3}\n'
    backend.terminate()
    wait_until(lambda: "Python" not in run("nodes", *nodes.look()).stdout, "the backend has withdrawn")
    assert backend.wait() == 0


def test_a_python_backend_forgets_a_gateway_that_died(nodes, backend):
    gateway = nodes.gateway("--node", "gate")
    gateway.wait_for_log("snake")
    nodes.kill(gateway)
    assert "is gone" in backend.stdout.readline()


def test_nobody_waits_for_a_python_backend_that_knows_who_withdraws(nodes, backend):
    gateway = nodes.gateway("--node", "gate")
    gateway.wait_for_log("snake")
    before = time.monotonic()
    gateway.send_signal(signal.SIGTERM)
    gateway.wait()
    # A node waits a second for those that do not say that they know.
    assert time.monotonic() - before < 0.9
