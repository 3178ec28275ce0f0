"""Many connections that misbehave, opened side by side from one thread."""

import errno
import selectors
import socket
import struct

LINGER_NOT = struct.pack("ii", 1, 0)
SOURCES = ("127.0.0.1", "127.0.0.2", "127.0.0.3", "127.0.0.4")


def flood(port, sayings, count, side_by_side=100, patience=30):
    """Opens `count` connections, each says one of `sayings` and waits until the server closes it.

    Returns how many the server closed. Each is closed here with RST, so that no port stays occupied.
    """
    selector = selectors.DefaultSelector()
    opened = closed = 0

    def begin():
        nonlocal opened
        client = socket.socket()
        client.setblocking(False)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_NOT)
        client.bind((SOURCES[opened % len(SOURCES)], 0))
        code = client.connect_ex(("127.0.0.1", port))
        assert code in (0, errno.EINPROGRESS), errno.errorcode[code]
        selector.register(client, selectors.EVENT_WRITE, sayings[opened % len(sayings)])
        opened += 1

    def finish(client):
        nonlocal closed
        selector.unregister(client)
        client.close()
        closed += 1
        if opened < count:
            begin()

    for _ in range(min(side_by_side, count)):
        begin()
    while closed < count:
        ready = selector.select(patience)
        assert ready, f"{opened - closed} connections are still open after {patience} s of silence"
        for key, events in ready:
            client = key.fileobj
            try:
                if events & selectors.EVENT_WRITE:
                    client.send(key.data)
                    selector.modify(client, selectors.EVENT_READ)
                elif not client.recv(4096):
                    finish(client)
            except (ConnectionResetError, BrokenPipeError):
                finish(client)
    selector.close()
    return closed
