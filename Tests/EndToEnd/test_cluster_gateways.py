"""Gateways that die, stand still or stop while their clients are at work."""

import json
import signal
import subprocess
import threading
import time

import pytest

from cluster import Nats, Nodes, transports
from conftest import end
from gateprocess import Gatehouse, run, wait_until
from test_demo_contract import in_room, logged_in
from wire import Closed, opened, publish


@pytest.fixture(params=transports())
def nodes(request):
    """An empty cluster over each transport."""
    nodes = Nodes(request.param)
    yield nodes
    nodes.dispose()


def hello(wire):
    """One call."""
    return wire.ask_json("HelloWorld/HD_Say", {"say": "hello"})


def leavers(wire, room):
    """Who has left a room, as its module tells when somebody speaks."""
    names = []
    wire.send(publish("Chat/HD_Say/q", json.dumps({"roomName": room, "content": "anyone?"}).encode()))
    while True:
        message = wire.message()
        if message.topic == b"Chat/HD_Say/q":
            return names
        if message.topic == b"Chat/OnLeave":
            names.append(json.loads(message.payload)["user"])


def test_modules_hear_of_the_sessions_of_a_gateway_that_was_killed(nodes):
    nodes.modules()
    dying, staying = nodes.gateway("--node", "g1"), nodes.gateway("--node", "g2")
    clients = [in_room(dying.port(), name, "r") for name in ("ada", "bob")]
    with in_room(staying.port(), "cy", "r") as cy:
        nodes.kill(dying)
        gone = set()

        def all_left():
            gone.update(leavers(cy, "r"))
            return gone == {"ada", "bob"}
        wait_until(all_left, "the room forgets who was at the killed gateway", 15)
    for client in clients:
        client.close()


def test_a_gateway_that_stood_still_serves_at_once(nodes):
    nodes.modules()
    gateway = nodes.gateway()
    wires = [opened(gateway.port(), f"c{number}") for number in range(40)]
    for wire in wires:
        assert hello(wire)["Error"] == ""
    gateway.send_signal(signal.SIGSTOP)
    # Longer than an announcement counts; the clients go on asking.
    for wire in wires:
        for _ in range(5):
            wire.send(publish("HelloWorld/HD_Say/q", b'{"say":"hello"}'))
    time.sleep(6)
    gateway.send_signal(signal.SIGCONT)
    errors = []
    for wire in wires:
        for _ in range(5):
            errors.append(json.loads(wire.message("HelloWorld/HD_Say/q").payload)["Error"])
        wire.close()
    # A RabbitMQ ends the connection of a node that is silent for so long, which ends what was sent before.
    allowed = {"", "service unreachable"} if nodes.transport == "rabbitmq" else {""}
    assert set(errors) <= allowed


def test_while_a_gateway_is_frozen_its_users_cannot_log_in_elsewhere(nodes):
    nodes.modules()
    first, second = nodes.gateway("--second-login", "refuse"), nodes.gateway("--second-login", "refuse")
    with logged_in(first.port(), "ada") as old, opened(second.port()) as new:
        first.send_signal(signal.SIGSTOP)
        try:
            error = new.ask_json("Login/HD_Login", {"userName": "ada", "passWord": "any"})["Error"]
            assert error in ("service unreachable", "user is logged in elsewhere", "deadline exceeded")
        finally:
            first.send_signal(signal.SIGCONT)
        wait_until(lambda: hello(old)["Error"] == "", "the first gateway is back")
        # Whatever was decided meanwhile, of two logins the older one stays. Where the gateways had not met again, the
        # second login is taken at first; when they do, they hold their logins against each other.
        try:
            error = new.ask_json("Login/HD_Login", {"userName": "ada", "passWord": "any"})["Error"]
        except Closed:
            error = "closed"
        assert error in ("user is logged in elsewhere", "service unreachable", "closed", "")
        if error == "":
            assert json.loads(new.message("Gate/OnKick").payload) == {"reason": "second login"}
            new.expect_closed()
        assert hello(old)["Result"] == "you say : hello"


def test_a_gateway_that_stops_cuts_no_request_and_its_clients_leave_one_after_another(nodes):
    nodes.modules()
    gateway = nodes.gateway("--drain-rate-max", "8")
    wires = [opened(gateway.port(), f"c{number}") for number in range(20)]
    ended, faults = [], []

    def work(wire):
        try:
            while True:
                answer = hello(wire)
                if answer["Error"]:
                    faults.append(answer["Error"])
                time.sleep(0.03)
        except (AssertionError, OSError, Closed):
            ended.append(time.monotonic())

    threads = [threading.Thread(target=work, args=(wire,)) for wire in wires]
    for thread in threads:
        thread.start()
    time.sleep(0.3)
    gateway.send_signal(signal.SIGTERM)
    for thread in threads:
        thread.join()
    assert gateway.wait() == 0
    assert faults == []
    assert ended[-1] - ended[0] > 0.5


@pytest.mark.skipif("nats" not in transports(), reason="NATS is not built in")
class TestEncryptedNats:
    """A nats-server with a certificate, and one that asks for ours."""

    @pytest.fixture
    def files(self, tmp_path):
        """An authority, and certificates of `localhost` and of a node."""
        def openssl(*words):
            subprocess.run(["openssl", *words], cwd=tmp_path, check=True, capture_output=True)

        openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=authority", "-keyout",
                "ca.key", "-out", "ca.pem")
        for name in ("localhost", "node"):
            (tmp_path / f"{name}.ext").write_text(f"subjectAltName=DNS:{name}\n")
            openssl("req", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={name}", "-keyout", f"{name}.key", "-out",
                    f"{name}.csr")
            openssl("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial",
                    "-days", "2", "-extfile", f"{name}.ext", "-out", f"{name}.pem")
        return tmp_path

    def server(self, files, *more):
        """Serves with the certificate of `localhost`."""
        return Nats("--tls", f"--tlscert={files}/localhost.pem", f"--tlskey={files}/localhost.key", *more)

    def said(self, url, env=None):
        """What `gatehouse nodes` says of its broker."""
        listed = run("nodes", "--rpc", url, env=env)
        return listed.stderr.splitlines()[0] if listed.stderr else ""

    def test_certificates_are_checked_and_shown(self, files):
        broker = self.server(files, "--tlsverify", f"--tlscacert={files}/ca.pem")
        own = f"cert={files}/node.pem&key={files}/node.key"
        place = f"localhost:{broker.port}"
        url = f"tls://{place}?cacert={files}/ca.pem&{own}"
        try:
            modules = Gatehouse("--rpc", url, "--node", "back", listen=(), command="modules")
            modules.wait_for_log("broker reached")
            assert "back" in run("nodes", "--rpc", url).stdout
            # nats:// with an authority means the same.
            assert "back" in run("nodes", "--rpc", url.replace("tls://", "nats://")).stdout
            # Without it, those of the system count, which a variable names.
            assert "TLS" in self.said(f"tls://{place}?{own}")
            assert "back" in run(
                "nodes", "--rpc", f"tls://{place}?{own}", env={"SSL_CERT_FILE": f"{files}/ca.pem"}).stdout
            # The name must be the server's.
            assert "TLS" in self.said(f"tls://127.0.0.1:{broker.port}?cacert={files}/ca.pem&{own}")
            # It does not take a node without a certificate.
            assert run("nodes", "--rpc", f"tls://{place}?cacert={files}/ca.pem").returncode == 69
            end(modules)
        finally:
            broker.dispose()

    def test_a_server_without_encryption_is_not_taken_for_one_with_it(self, files):
        broker = Nats()
        try:
            said = self.said(f"tls://localhost:{broker.port}?cacert={files}/ca.pem")
            assert "the server has no TLS" in said
        finally:
            broker.dispose()
