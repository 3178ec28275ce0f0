"""What a server's debug log says of the end of connections."""

import itertools
import re

from gateprocess import wait_until


_addresses = itertools.count(1)


def own_address():
    """An address of the loopback that no connection had before, to be told apart in a log."""
    number = next(_addresses)
    return f"127.77.{number // 250}.{number % 250 + 1}"


def close_reason(server, wire):
    """The reason for which the server ended this connection; `wire.local` is its address at the client's side."""
    pattern = re.compile(rf"^.*{re.escape(wire.local)}\b.*$", re.MULTILINE)

    def found():
        for line in pattern.findall(server.stderr()):
            reason = re.search(r"close\.reason[\"=: ]+([a-z_]+)", line)
            if reason:
                return reason.group(1)
        return None
    return wait_until(found, f"an end of {wire.local}")
