"""Nodes whose broker dies, hangs and comes back, as a client of the gateway sees it."""

import contextlib
import signal
import socket
import threading
import time

import pytest

from cluster import BROKERS, Nats, Nodes, RabbitMQ, Redis, transports
from conftest import end
from gateprocess import Gatehouse, run, wait_until
from wire import opened

#: Seconds within which service is back once the broker takes connections again.
BACK_SECONDS = 3


@pytest.fixture(params=[name for name in transports() if name != "udp"])
def nodes(request):
    """An empty cluster over each transport that has a broker."""
    nodes = Nodes(request.param)
    yield nodes
    nodes.dispose()


def hello(wire):
    """One call: its error, empty when there is none."""
    return wire.ask_json("HelloWorld/HD_Say", {"say": "hello"})["Error"]


def test_without_its_broker_calls_fail_at_once_and_with_it_they_succeed(nodes):
    nodes.modules()
    gateway = nodes.gateway()
    with opened(gateway.port()) as wire:
        for _ in range(2):
            assert hello(wire) == ""
            nodes.broker.kill()
            wait_until(lambda: hello(wire) == "service unreachable", "the gateway knows that its broker is away", 5)
            before = time.monotonic()
            for _ in range(20):
                assert hello(wire) == "service unreachable"
            assert time.monotonic() - before < 1
            # Longer than an announcement counts: that nobody is heard says nothing about the nodes.
            time.sleep(5)
            assert hello(wire) == "service unreachable"
            assert "reason=silent" not in gateway.stderr()
            nodes.broker.start()
            wait_until(lambda: hello(wire) == "", "service is back", BACK_SECONDS)


def test_a_broker_that_hangs_ends_calls_within_their_time(nodes):
    nodes.modules()
    gateway = nodes.gateway(env={"GATEHOUSE_RPC_TIMEOUT_SECONDS": "1"})
    with opened(gateway.port()) as wire:
        assert hello(wire) == ""
        nodes.broker.signal(signal.SIGSTOP)
        # Longer than any link waits for a sign of life.
        end = time.monotonic() + 10
        while time.monotonic() < end:
            before = time.monotonic()
            assert hello(wire) != ""
            assert time.monotonic() - before < 2
            time.sleep(0.1)
        nodes.broker.signal(signal.SIGCONT)
        wait_until(lambda: hello(wire) == "", "service is back", BACK_SECONDS)


def test_nodes_that_start_before_their_broker_find_each_other_when_it_comes(nodes):
    nodes.broker.kill()
    modules = nodes.start("modules", waits=False)
    gateway = nodes.start("gateway", listen=("mqtt://127.0.0.1:0",), waits=False).wait_for_ports()
    with opened(gateway.port()) as wire:
        assert hello(wire) == "service unreachable"
        nodes.broker.start()
        wait_until(lambda: hello(wire) == "", "service is there", BACK_SECONDS)
    assert modules.process.poll() is None


@contextlib.contextmanager
def stranger(port, closes):
    """Somebody who takes connections at a port and ends them, or says nothing."""
    listener = socket.create_server(("127.0.0.1", port), reuse_port=False)
    taken, ended = [], threading.Event()

    def accept():
        while not ended.is_set():
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            if closes:
                connection.close()
            else:
                taken.append(connection)

    thread = threading.Thread(target=accept)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()
        for connection in taken:
            connection.close()


@pytest.mark.parametrize("closes", [True, False], ids=["closes", "says nothing"])
def test_nodes_that_find_a_stranger_first_find_the_broker_when_it_comes(nodes, closes):
    nodes.broker.kill()
    with stranger(nodes.broker.port, closes):
        nodes.start("modules", waits=False)
        gateway = nodes.start("gateway", listen=("mqtt://127.0.0.1:0",), waits=False).wait_for_ports()
        gateway.wait_for_log("broker away")
        time.sleep(2)
    with opened(gateway.port()) as wire:
        nodes.broker.start()
        wait_until(lambda: hello(wire) == "", "service is there", BACK_SECONDS)
    gateway.wait_for_log("broker reached")


@pytest.mark.skipif("nats" not in transports(), reason="NATS is not built in")
def test_a_nats_that_refuses_us_for_a_while_is_reached_again():
    broker = Nats("--user", "ada", "--pass", "right")
    url = f"nats://ada:right@127.0.0.1:{broker.port}"
    modules = Gatehouse("--rpc", url, "--node", "back", listen=(), command="modules")
    gateway = Gatehouse("--rpc", url, "--node", "gate", listen=("mqtt://127.0.0.1:0",), command="gateway")
    try:
        gateway.wait_for_ports()
        with opened(gateway.port()) as wire:
            wait_until(lambda: hello(wire) == "", "service is there")
            broker.kill()
            broker.settings = ("--user", "ada", "--pass", "wrong")
            broker.start()
            # More attempts than the library makes before it gives up.
            time.sleep(4)
            assert hello(wire) != ""
            broker.kill()
            broker.settings = ("--user", "ada", "--pass", "right")
            broker.start()
            wait_until(lambda: hello(wire) == "", "service is back", BACK_SECONDS)
        report = gateway.stderr()
        assert "broker reached" in report and "broker away" in report
        assert "uthorization" in report
        assert "right" not in report
    finally:
        end(gateway)
        end(modules)
        broker.dispose()


def test_who_finds_no_broker_says_so(nodes):
    nodes.broker.kill()
    listed = run("nodes", *nodes.look())
    assert (listed.returncode, listed.stdout) == (69, "")
    assert listed.stderr.splitlines()[-1] == "no node answers"
    assert "the broker is not reached" in listed.stderr.splitlines()


REDIS_URLS = [
    ("rediss://h:1", "rediss://: there is no TLS to Redis, use redis:// in a network that you trust"),
    ("redis://h:0", "redis://: what stands behind the colon of a host is no port, expected 1 to 65535"),
    ("redis://", "redis://: '' is no host, expected HOST:PORT"),
    ("redis://u:secret@h:port", "redis://: what stands behind the colon of a host is no port, expected 1 to 65535"),
    ("redis://u:secret@h,u:secret@i",
     "redis://: expected USER:PASSWORD@ once, before the first host, with %40 for an @ in them"),
    ("redis://u:@h", "redis://: expected USER:PASSWORD@ or :PASSWORD@ before the first host"),
    ("redis://h/name", "redis://: expected the number of a database behind the /"),
    ("redis://h?cluster=true",
     "redis://: Redis Cluster is not supported, name one Redis, or several of which one is used"),
    ("redis://h?sentinel=main",
     "redis://: Redis Sentinel is not supported, name the servers, as in redis://HOST1:6379,HOST2:6379"),
    ("redis://h?protocol=3", "redis://: expected no parameters behind a ?"),
    ("redis-sentinel://h", "redis-sentinel:// is not supported"),
]


AMQP_URLS = [
    ("amqp://", "amqp://: '' is no host, expected HOST:PORT"),
    ("amqp://h:0", "amqp://: what stands behind the colon of a host is no port, expected 1 to 65535"),
    ("amqps://u:secret@h:65536", "amqps://: what stands behind the colon of a host is no port, expected 1 to 65535"),
    ("amqp://u@h", "amqp://: expected USER:PASSWORD@ once, before the first host, with %40 for an @ in them"),
    ("amqp://u:secret@h/a/b", "amqp://: expected one virtual host behind the host, with %2F for a / in its name"),
    ("amqp://h?heartbeat=5", "amqp://: 'heartbeat' is no parameter, expected each of cacert, cert, key at most once"),
    ("amqp://h?cacert=/etc/passwd", "amqp://: 'cacert' belongs to TLS, expected amqps://"),
    ("amqps://h?cert=/etc/passwd", "amqps://: cert and key are named together or not at all"),
    ("amqps://h?cacert=", "amqps://: expected a file, as in cacert=/etc/ssl/private/FILE.pem"),
    ("amqps://u:secret@h?cacert=/nowhere", "amqps://: the file '/nowhere' cannot be read"),
]


NATS_URLS = [
    ("nats://", "nats://: '' is no host, expected HOST:PORT"),
    ("nats://h:0", "nats://: what stands behind the colon of a host is no port, expected 1 to 65535"),
    ("nats://u:secret@:4", "nats://: '' is no host, expected HOST:PORT"),
    ("nats://secret@a b:4", "nats://: 'a b' is no host, expected HOST:PORT"),
    ("nats://h:1,http://i:2", "nats://: expected nats://HOST:PORT or tls://HOST:PORT"),
    ("nats://h?tls=true", "nats://: 'tls' is no parameter, expected each of cacert, cert, key, creds at most once"),
    ("tls://h?cert=/etc/passwd", "tls://: cert and key are named together or not at all"),
    ("nats://secret@h?creds=", "nats://: expected a file, as in creds=/etc/gatehouse/FILE"),
    ("tls://u:secret@h?cacert=/nowhere", "tls://: the file '/nowhere' cannot be read"),
]


@pytest.mark.parametrize("transport,url,reason", [
    *(("nats", *row) for row in NATS_URLS), *(("redis", *row) for row in REDIS_URLS),
    *(("rabbitmq", *row) for row in AMQP_URLS)])
@pytest.mark.parametrize("command", ["gateway", "modules", "nodes"])
def test_a_url_that_leads_to_no_broker_is_refused_with_one_line(command, transport, url, reason):
    if transport not in transports():
        pytest.skip(f"{transport} is not built in")
    ended = run(command, "--rpc", url)
    assert ended.returncode == 64
    assert len(ended.stderr.splitlines()) == 1
    assert ended.stderr.rstrip("\n").endswith(reason)
    assert "secret" not in ended.stderr


@pytest.mark.skipif("redis" not in transports(), reason="Redis is not built in")
def test_a_wrong_password_is_said_and_not_shown():
    user = ["--user", "ada", "on", ">s@t", "&gatehouse.*", "-@all", "+@pubsub", "+@connection"]
    broker = Redis("--requirepass", "right", *user)
    place = f"127.0.0.1:{broker.port}"
    try:
        for credentials, reason in (("", "NOAUTH"), (":wrong@", "WRONGPASS"), ("eve:right@", "WRONGPASS")):
            listed = run("nodes", "--rpc", f"redis://{credentials}{place}")
            assert listed.returncode == 69
            assert listed.stderr.splitlines() == [
                f"redis://{place}: user or password refused ({reason})", "the broker is not reached",
                "no node answers"]
        modules = Gatehouse("--rpc", f"redis://ada:s%40t@{place}/3", "--node", "back", listen=(), command="modules")
        modules.wait_for_log("broker reached")
        listed = run("nodes", "--rpc", f"redis://:right@{place}")
        assert "back" in listed.stdout
        assert "s%40t" not in modules.stderr()
        end(modules)
    finally:
        broker.dispose()


@pytest.mark.skipif("rabbitmq" not in transports(), reason="RabbitMQ is not built in")
def test_a_wrong_password_for_rabbitmq_is_said_and_not_shown():
    broker = RabbitMQ()
    place = f"127.0.0.1:{broker.port}"
    try:
        listed = run("nodes", "--rpc", f"amqp://guest:secret@{place}")
        assert listed.returncode == 69
        first, _, last = listed.stderr.splitlines()
        assert first.startswith(f"amqp://{place}: closed by the server: 403 ACCESS_REFUSED - Login was refused")
        assert last == "no node answers"
        assert "secret" not in listed.stderr
        listed = run("nodes", "--rpc", f"amqp://{place}/nowhere")
        assert listed.stderr.splitlines()[0] == (
            f"amqp://{place}: closed by the server: 530 NOT_ALLOWED - vhost nowhere not found")
    finally:
        broker.dispose()


def brokers(transport, count):
    """Brokers, and the URL that names all of them."""
    started = [BROKERS[transport]() for _ in range(count)]
    scheme, first = started[0].url.split("://")
    return started, f"{scheme}://" + ",".join([first, *(broker.url.split("://")[1] for broker in started[1:])])


@pytest.mark.parametrize("transport", [name for name in transports() if name in ("nats", "redis", "rabbitmq")])
def test_a_url_with_several_servers_connects_and_fails_over(transport):
    servers, url = brokers(transport, 2)
    modules = Gatehouse("--rpc", url, "--node", "back", listen=(), command="modules")
    gateway = Gatehouse("--rpc", url, "--node", "gate", listen=("mqtt://127.0.0.1:0",), command="gateway")
    try:
        gateway.wait_for_ports()
        with opened(gateway.port()) as wire:
            wait_until(lambda: hello(wire) == "", "service is there with both servers up")
            servers[0].kill()
            wait_until(lambda: hello(wire) == "", "the other server serves", 2 * BACK_SECONDS)
            servers[0].start()
            servers[1].kill()
            wait_until(lambda: hello(wire) == "", "the first server serves again", 2 * BACK_SECONDS)
        listed = run("nodes", "--rpc", url)
        assert "back" in listed.stdout and "gate" in listed.stdout
    finally:
        end(gateway)
        end(modules)
        for server in servers:
            server.dispose()


def away_lines(node):
    """What a node has said of its broker."""
    return [line for line in node.stderr().splitlines() if "broker away" in line or "broker reached" in line]


def refused_by_nats(*settings, user, **files):
    """A gateway that a nats-server with these settings does not let in: its lines about the broker after four seconds,
    and how many connections it has made meanwhile."""
    broker = Nats(*settings, **files)
    gateway = Gatehouse(
        "--rpc", f"nats://{user}127.0.0.1:{broker.port}", "--node", "gate", listen=("mqtt://127.0.0.1:0",),
        command="gateway")
    try:
        gateway.wait_for_ports()
        gateway.wait_for_log("broker away")
        before = broker.connections()
        time.sleep(4)
        with opened(gateway.port()) as wire:
            assert hello(wire) == "service unreachable"
        return away_lines(gateway), broker.connections() - before
    finally:
        end(gateway)
        broker.dispose()


@pytest.mark.skipif("nats" not in transports(), reason="NATS is not built in")
@pytest.mark.parametrize("settings,user,reason", [
    (("--user", "ada", "--pass", "right"), "ada:wrong@", "user, password or token refused"),
    (("--user", "ada", "--pass", "right"), "", "user, password or token refused"),
    (("--auth", "token"), "other@", "user, password or token refused"),
], ids=["password", "none", "token"])
def test_a_nats_that_refuses_us_is_asked_ever_more_seldom_and_said_once(settings, user, reason):
    lines, connections = refused_by_nats(*settings, user=user)
    assert len(lines) == 1 and reason in lines[0], lines
    assert connections <= 9


NATS_RIGHTS = """
authorization { users: [{ user: ada, password: right, permissions: { %s } }] }
"""


@pytest.mark.skipif("nats" not in transports(), reason="NATS is not built in")
@pytest.mark.parametrize("rights", [
    'publish: "elsewhere.>", subscribe: "gatehouse.>"', 'publish: "gatehouse.>", subscribe: "elsewhere.>"',
    'publish: "gatehouse.inbox.>", subscribe: "gatehouse.>"',
    'publish: "gatehouse.>", subscribe: { allow: "gatehouse.>", deny: "gatehouse.nodes" }',
], ids=["no publish", "no subscribe", "no publish to all", "no subscribe of all"])
def test_a_nats_user_without_rights_is_told_what_is_missing(rights):
    lines, connections = refused_by_nats(user="ada:right@", configuration=NATS_RIGHTS % rights)
    assert len(lines) == 1, lines
    assert "not allowed to publish and subscribe gatehouse.>" in lines[0]
    assert "Permissions Violation" in lines[0]
    assert connections <= 9


@pytest.mark.skipif("redis" not in transports(), reason="Redis is not built in")
@pytest.mark.parametrize("rights", ["+@connection +subscribe", "+@connection +publish", "+@pubsub &elsewhere.*"])
def test_a_redis_user_without_rights_is_told_so_once(rights):
    channels = [] if "&" in rights else ["&gatehouse.*"]
    broker = Redis("--user", "ada", "on", ">right", *channels, "-@all", *rights.split())
    gateway = Gatehouse(
        "--rpc", f"redis://ada:right@127.0.0.1:{broker.port}", "--node", "gate", listen=("mqtt://127.0.0.1:0",),
        command="gateway")
    try:
        gateway.wait_for_ports()
        gateway.wait_for_log("broker away")
        time.sleep(3)
        lines = away_lines(gateway)
        assert len(lines) == 1 and "NOPERM" in lines[0], lines
    finally:
        end(gateway)
        broker.dispose()


@pytest.mark.skipif("rabbitmq" not in transports(), reason="RabbitMQ is not built in")
@pytest.mark.parametrize("rights", [("", ".*", ".*"), (".*", "", ".*"), (".*", ".*", ""),
                                    (".*", "gatehouse.*", ".*")],
                         ids=["no configure", "no write", "no read", "no write to the default exchange"])
def test_a_rabbitmq_user_without_rights_is_told_so_once(rights):
    broker = RabbitMQ()
    gateway = None
    try:
        broker.control("add_user", "ada", "right")
        broker.control("set_permissions", "ada", *rights)
        gateway = Gatehouse(
            "--rpc", f"amqp://ada:right@127.0.0.1:{broker.port}", "--node", "gate", listen=("mqtt://127.0.0.1:0",),
            command="gateway")
        gateway.wait_for_ports()
        gateway.wait_for_log("broker away")
        time.sleep(3)
        lines = away_lines(gateway)
        assert len(lines) == 1 and "403 ACCESS_REFUSED" in lines[0], lines
    finally:
        if gateway is not None:
            end(gateway)
        broker.dispose()
