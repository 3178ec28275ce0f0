"""Two gateways, three backends, a thousand clients, and random kills: a minute in Tests/long, else some seconds."""

import random
import signal
import time

import pytest

from amount import amount
from cluster import Nodes, transports
from gateprocess import Gatehouse
from storm import Storm

SECONDS = amount(60, 6)
CLIENTS = 1_000


class Killer:
    """Kills and restarts one thing after another; two backends stay at most one kill away from whole."""

    def __init__(self, nodes, backends, seed):
        self.nodes = nodes
        self.backends = backends
        self.random = random.Random(seed)
        self.next = time.monotonic() + 1.5
        self.kills = {"backend": 0, "stopped": 0, "broker": 0, "frozen": 0}
        self.down = None
        self.leaving = []

    def __call__(self):
        now = time.monotonic()
        if now < self.next:
            return
        self.next = now + self.random.uniform(0.8, 1.6)
        if self.down is not None:
            self.down()
            self.down = None
            return
        choice = self.random.random()
        if choice < 0.5:
            self.kill_backend()
        elif choice < 0.7 or self.nodes.broker is None:
            self.stop_backend()
        elif choice < 0.9:
            self.kill_broker()
        else:
            self.freeze_broker()

    def replace(self, place, old):
        self.down = lambda: self.backends.__setitem__(place, start_backend(self.nodes, old.url))

    def kill_backend(self):
        place = self.random.randrange(len(self.backends))
        self.kills["backend"] += 1
        self.nodes.kill(self.backends[place])
        self.replace(place, self.backends[place])

    def stop_backend(self):
        place = self.random.randrange(len(self.backends))
        self.kills["stopped"] += 1
        # Before it serves it does not listen to signals.
        self.backends[place].wait_for_log("serving").send_signal(signal.SIGTERM)
        self.leaving.append(self.backends[place])
        # A UDP port has to be free before another node binds it.
        if self.nodes.broker is None:
            self.backends[place].wait()
        self.replace(place, self.backends[place])

    def kill_broker(self):
        self.kills["broker"] += 1
        self.nodes.broker.kill()
        self.down = self.nodes.broker.start

    def freeze_broker(self):
        self.kills["frozen"] += 1
        self.nodes.broker.signal(signal.SIGSTOP)
        self.down = lambda: self.nodes.broker.signal(signal.SIGCONT)

    def finish(self):
        if self.down is not None:
            self.down()
        for node in self.leaving:
            assert node.wait() == 0
        for node in self.backends:
            node.wait_for_log("serving")


def start_backend(nodes, url=None):
    """A backend, without waiting until the others know it."""
    place, url = nodes.place(url)
    node = Gatehouse(*place, listen=(), command="modules")
    node.url = url
    nodes.started.append(node)
    return node


@pytest.mark.parametrize("transport", transports())
def test_every_request_is_answered_and_no_push_goes_astray(transport):
    nodes = Nodes(transport)
    try:
        backends = [nodes.modules() for _ in range(3)]
        gateways = [nodes.gateway(env={"GATEHOUSE_RPC_TIMEOUT_SECONDS": "5"}) for _ in range(2)]
        storm = Storm([gateway.port() for gateway in gateways], CLIENTS)
        killer = Killer(nodes, backends, seed=2026)
        started = time.monotonic()
        silent = storm.run(SECONDS, killer)
        killer.finish()
        took = time.monotonic() - started
        counters = [gateway.counters() for gateway in gateways]
        storm.close()
        print(
            f"\nstorm over {transport}: {took:.1f} s, {len(storm.clients)} clients, {storm.results} results, "
            f"{sum(storm.faults.values())} faults {storm.faults}, {storm.pushes} pushes, kills {killer.kills}, "
            f"slowest answer {storm.slowest:.2f} s")
        assert silent == []
        assert storm.wrong == []
        assert storm.results > CLIENTS
        assert sum(killer.kills.values()) > 0
        # Whatever had to be waited for has ended.
        assert all(counter["/rpc_pending_calls"] == 0 for counter in counters)
    finally:
        nodes.dispose()
