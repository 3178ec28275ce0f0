"""A thousand MQTT clients of two gateways on one thread, while backends and brokers are killed.

Each client asks with numbered tokens, one request at a time, and counts what comes back. `Echo/HD_Echo` is answered
with the client's own name; what is said in a room carries the room, and what is said to one client its name.
"""

import json
import selectors
import socket
import struct
import time

from wire import connect, publish

PACKET_BYTES_MAX = 65_536


class Client:
    """One connection: its requests, answers and pushes."""

    def __init__(self, port, name):
        self.name = name
        self.buffer = b""
        self.socket = socket.create_connection(("127.0.0.1", port), 20)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.sendall(connect(name, keep_alive=0))
        self.socket.setblocking(False)
        self.asked = 0
        self.answered = 0
        self.asked_at = 0.0
        self.is_accepted = False
        self.is_closed = False

    @property
    def waits(self):
        """Whether a request has no answer yet."""
        return self.answered < self.asked

    def ask(self, function, body, now):
        """The next request."""
        self.asked += 1
        self.asked_at = now
        self.socket.sendall(publish(f"{function}/{self.asked}", json.dumps(body).encode()))

    def packets(self):
        """Whole packets that have come: kind, topic, payload."""
        try:
            more = self.socket.recv(1 << 16)
        except BlockingIOError:
            return
        except ConnectionError:
            more = b""
        if not more:
            self.is_closed = True
            return
        self.buffer += more
        while True:
            cut = self.cut()
            if cut is None:
                return
            yield cut

    def cut(self):
        """The first packet of the buffer."""
        length, shift, start = 0, 0, 1
        while True:
            if start >= len(self.buffer):
                return None
            byte = self.buffer[start]
            start += 1
            length |= (byte & 0x7F) << shift
            shift += 7
            if not byte & 0x80:
                break
        if len(self.buffer) < start + length:
            return None
        kind, body = self.buffer[0] >> 4, self.buffer[start:start + length]
        self.buffer = self.buffer[start + length:]
        if kind != 3:
            return kind, "", b""
        end = 2 + struct.unpack_from(">H", body)[0]
        return kind, body[2:end].decode(), body[end:]


class Storm:
    """All clients. `run` returns what was counted."""

    def __init__(self, ports, clients):
        self.selector = selectors.DefaultSelector()
        self.clients = [Client(ports[number % len(ports)], f"c{number}") for number in range(clients)]
        for client in self.clients:
            self.selector.register(client.socket, selectors.EVENT_READ, client)
        self.results = 0
        self.faults = {}
        self.pushes = 0
        self.wrong = []
        self.slowest = 0.0

    def next(self, client, now):
        """A client's next request: mostly an echo; now and then it logs in, joins a room and speaks there."""
        number = client.asked % 10
        room = f"room{int(client.name[1:]) // 10}"
        if number == 0:
            return client.ask("Login/HD_Login", {"userName": client.name, "passWord": "x"}, now)
        if number == 1:
            return client.ask("Chat/HD_JoinChat", {"roomName": room}, now)
        if number == 2:
            return client.ask("Chat/HD_Say", {"roomName": room, "content": client.name, "target": client.name}, now)
        client.ask("Echo/HD_Echo", {"name": client.name, "n": client.asked}, now)

    def heard(self, client, kind, topic, payload, now, goes_on):
        """One packet."""
        if kind == 2:
            client.is_accepted = True
            self.next(client, now)
            return
        if kind != 3:
            return
        parts = topic.split("/")
        body = json.loads(payload)
        if len(parts) == 2:
            self.pushes += 1
            # Rooms have ten members each; a private word goes to its own speaker.
            if body["roomName"] != f"room{int(client.name[1:]) // 10}":
                self.wrong.append((client.name, topic, body))
            if topic == "Chat/OnChat" and body["target"] not in ("*", client.name):
                self.wrong.append((client.name, topic, body))
            return
        if int(parts[2]) != client.asked or not client.waits:
            self.wrong.append((client.name, topic, "an answer that nobody waits for"))
            return
        client.answered += 1
        self.slowest = max(self.slowest, now - client.asked_at)
        if body["Error"]:
            self.faults[body["Error"]] = self.faults.get(body["Error"], 0) + 1
        else:
            self.results += 1
            if parts[1] == "HD_Echo" and body["Result"]["name"] != client.name:
                self.wrong.append((client.name, topic, body))
        if goes_on:
            self.next(client, now)

    def turn(self, goes_on, seconds=0.05):
        """Handles what has come."""
        for key, _ in self.selector.select(seconds):
            client, now = key.data, time.monotonic()
            for kind, topic, payload in client.packets():
                self.heard(client, kind, topic, payload, now, goes_on)
            if client.is_closed:
                self.selector.unregister(client.socket)
                self.wrong.append((client.name, "", "the gateway closed the connection"))

    def run(self, seconds, each_turn):
        """Asks for `seconds`, then waits until every request has its answer."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.turn(True)
            each_turn()
        patience = time.monotonic() + 25
        while any(client.waits for client in self.clients) and time.monotonic() < patience:
            self.turn(False)
        return [client.name for client in self.clients if client.waits or not client.is_accepted]

    def close(self):
        """Ends all connections."""
        for client in self.clients:
            client.socket.close()
