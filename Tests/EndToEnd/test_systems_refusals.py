"""Every refusal among the golden vectors: the connection ends with a reason, the others stay."""

import pytest

from logs import close_reason, own_address
from systems.pomelo import Pomelo
from vectors import REASONS, ROWS
from wire import Wire

REFUSALS = [row for row in ROWS if row.expected.startswith("!")]


@pytest.fixture(scope="module")
def hosts(tmp_path_factory):
    """A listener for each protocol of the vectors."""
    from conftest import Gatehouse, end
    shared = Gatehouse("--log-level", "debug", listen=[
        f"{name}://127.0.0.1:0?route=Echo/HD_Raw" for name in sorted({row.protocol for row in REFUSALS})
    ]).wait_for_ports()
    yield shared
    end(shared)


@pytest.mark.parametrize("row", REFUSALS, ids=lambda row: f"{row.protocol} {row.text[:24]}")
@pytest.mark.parametrize("feeding", ["whole", "dripped"])
def test_a_refusal_ends_its_sender_only(hosts, row, feeding):
    port = hosts.port(row.protocol)
    with Wire(port) as bystander:
        kind = Pomelo if row.protocol == "pomelo" else Wire
        with kind(port, source=own_address()) as wire:
            if row.protocol == "photon-json" and row.expected == "!truncated_header":
                return  # over a stream more may come; only a message of WebSocket ends there
            width = len(row.data) if feeding == "whole" else 1
            for part in (row.data[place:place + width] for place in range(0, len(row.data), width)):
                try:
                    wire.send(part)
                except OSError:
                    break
            wire.rest_until_closed()
            assert close_reason(hosts, wire) in REASONS[row.expected[1:]]
        bystander.socket.setblocking(False)
        try:
            assert bystander.socket.recv(1 << 16) != b"", "the bystander was closed"
        except BlockingIOError:
            pass
