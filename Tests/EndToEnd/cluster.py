"""Nodes that find each other over any transport, and the brokers between them."""

import json
import os
import pathlib
import signal
import socket
import subprocess
import tempfile
import time
import urllib.request

from conftest import end
from gateprocess import Gatehouse, wait_until


def free_port(kind=socket.SOCK_STREAM):
    """A port of the loopback that nobody has."""
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Broker:
    """A server between the nodes, on a free port with a directory of its own. It can die, hang and come back."""

    def __init__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="gatehouse-broker-")
        self.port = free_port()
        self.process = None
        self.start()

    def command(self):
        """The words that start it on `self.port` with its files in `self.folder.name`."""
        raise NotImplementedError

    def environment(self):
        """Its environment."""
        return dict(os.environ)

    def start(self):
        """Starts it (again) and waits until it accepts connections."""
        # It ends with the tests, also when these are killed.
        words = ["setpriv", "--pdeathsig", "KILL", *self.command()]
        self.process = subprocess.Popen(
            words, env=self.environment(), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, start_new_session=True)

        def accepts():
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return True
            except OSError:
                return False
        wait_until(accepts, "the broker accepts connections", 90)

    def signal(self, number):
        """Sends a signal to it and what it started."""
        os.killpg(self.process.pid, number)

    def kill(self):
        """Ends it without a word."""
        if self.process is not None:
            try:
                self.signal(signal.SIGKILL)
            except ProcessLookupError:
                pass
            self.process.wait()
            self.process = None

    def dispose(self):
        """Ends it and removes its files."""
        self.kill()
        self.folder.cleanup()


class Nats(Broker):
    """Debian's nats-server."""

    def __init__(self, *settings, configuration=None):
        self.settings = settings
        self.configuration = configuration
        self.monitor = free_port()
        super().__init__()

    @property
    def url(self):
        return f"nats://127.0.0.1:{self.port}"

    def command(self):
        file = []
        if self.configuration is not None:
            path = pathlib.Path(self.folder.name) / "nats.conf"
            path.write_text(self.configuration)
            file = ["-c", str(path)]
        return ["nats-server", *file, "-a", "127.0.0.1", "-p", str(self.port), "-m", str(self.monitor),
                "-l", "/dev/null", *self.settings]

    def messages(self):
        """How many messages it has taken from its clients."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.monitor}/varz", timeout=10) as answer:
            return json.load(answer)["in_msgs"]

    def connections(self):
        """How many connections it has taken, this question aside."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.monitor}/varz", timeout=10) as answer:
            return json.load(answer)["total_connections"]


class Redis(Broker):
    """Debian's redis-server, which keeps nothing on disk."""

    def __init__(self, *settings):
        self.settings = settings
        super().__init__()

    @property
    def url(self):
        return f"redis://127.0.0.1:{self.port}"

    def command(self):
        return ["redis-server", "--bind", "127.0.0.1", "--port", str(self.port), "--dir", self.folder.name,
                "--save", "", "--appendonly", "no", "--logfile", "redis.log", *self.settings]


class RabbitMQ(Broker):
    """Debian's rabbitmq-server, with a name server for Erlang nodes of its own."""

    def __init__(self):
        self.names, self.distribution = free_port(), free_port()
        super().__init__()

    @property
    def url(self):
        return f"amqp://127.0.0.1:{self.port}"

    def command(self):
        # Under systemd the script becomes the server instead of waiting for it; so does the shell, and the name server
        # ends with them.
        return ["sh", "-c", "setpriv --pdeathsig KILL epmd -port $ERL_EPMD_PORT -address 127.0.0.1 &"
                " exec /usr/lib/rabbitmq/bin/rabbitmq-server"]

    def environment(self):
        folder = self.folder.name
        with open(f"{folder}/rabbitmq.conf", "w") as file:
            file.write(f"listeners.tcp.1 = 127.0.0.1:{self.port}\nlog.file = false\n")
        return {
            "PATH": os.environ["PATH"], "HOME": folder, "LANG": "C.UTF-8", "RUNNING_UNDER_SYSTEMD": "1",
            "ERL_EPMD_ADDRESS": "127.0.0.1", "ERL_EPMD_PORT": str(self.names),
            "ERL_CRASH_DUMP": "/dev/null", "RABBITMQ_CONF_ENV_FILE": "/dev/null",
            "RABBITMQ_NODENAME": f"gatehouse{self.port}@localhost",
            "RABBITMQ_DIST_PORT": str(self.distribution), "RABBITMQ_MNESIA_BASE": folder,
            "RABBITMQ_LOG_BASE": folder, "RABBITMQ_PID_FILE": f"{folder}/pid",
            "RABBITMQ_CONFIG_FILE": f"{folder}/rabbitmq.conf",
            "RABBITMQ_ADVANCED_CONFIG_FILE": f"{folder}/advanced.config",
            "RABBITMQ_ENABLED_PLUGINS_FILE": f"{folder}/plugins",
            "RABBITMQ_FEATURE_FLAGS_FILE": f"{folder}/features",
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1} +S 1 +sbwt none",
        }


    def control(self, *words):
        """Runs rabbitmqctl, once the server takes its commands."""
        name = f"gatehouse{self.port}@localhost"
        command = ["/usr/lib/rabbitmq/bin/rabbitmqctl", "-q", "-n", name, *words]
        environment = {**self.environment(), "RABBITMQ_NODENAME": name}

        def runs():
            return subprocess.run(
                command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0
        wait_until(runs, f"rabbitmqctl {words[0]}", 60)


#: The transports with a broker. `GATEHOUSE_E2E_TRANSPORTS` names those that the executable has.
BROKERS = {"nats": Nats, "rabbitmq": RabbitMQ, "redis": Redis}


def transports():
    """The transports to test, by name."""
    return os.environ.get("GATEHOUSE_E2E_TRANSPORTS", "udp").split(",")


class Nodes:
    """Nodes of one cluster. Each that still runs at the end ends as it should."""

    def __init__(self, transport):
        self.transport = transport
        self.broker = None if transport == "udp" else BROKERS[transport]()
        self.started = []
        self.addresses = []

    def place(self, url=None):
        """The flags of a new node, and its URL."""
        if self.broker is not None:
            return ["--rpc", self.broker.url], self.broker.url
        url = url or f"udp://127.0.0.1:{free_port(socket.SOCK_DGRAM)}"
        peers = [flag for peer in self.addresses if peer != url for flag in ("--peer", peer)]
        if url not in self.addresses:
            self.addresses.append(url)
        return ["--rpc", url, *peers], url

    def start(self, command, *flags, listen=(), url=None, waits=True, **options):
        """A node; waits until it serves and, unless told not to, until it knows the others that are there."""
        place, url = self.place(url)
        known = [node for node in self.started if node.process.poll() is None]
        node = Gatehouse(*place, *flags, listen=listen, command=command, **options)
        node.url = url
        self.started.append(node)
        node.wait_for_log("serving")
        if waits:
            wait_until(lambda: node.stderr().count("node joined") >= len(known), "the nodes know each other")
        return node

    def modules(self, *flags, **options):
        """A node with modules."""
        return self.start("modules", *flags, **options)

    def gateway(self, *flags, listen=("mqtt://127.0.0.1:0",), **options):
        """A node with listeners."""
        return self.start("gateway", *flags, listen=listen, **options).wait_for_ports()

    def look(self):
        """The flags of `gatehouse nodes` and `gatehouse call`."""
        if self.broker is not None:
            return ["--rpc", self.broker.url]
        return [flag for address in self.addresses for flag in ("--peer", address)]

    def kill(self, node):
        """Ends a node without a word."""
        node.send_signal(signal.SIGKILL)
        node.wait()

    def dispose(self):
        """Ends everything, gateways last started first, and holds each node to its end."""
        failures = []
        for node in reversed(self.started):
            try:
                if node.process.poll() is None:
                    end(node)
                else:
                    node.dispose()
            except AssertionError as failure:
                failures.append(failure)
        if self.broker is not None:
            self.broker.dispose()
        if failures:
            raise failures[0]
