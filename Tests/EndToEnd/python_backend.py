"""A backend in another language: it joins a cluster over NATS with nothing but rpc.proto.

    pip install nats-py grpcio-tools
    python -m grpc_tools.protoc -I Sources/GateRPC --python_out=. rpc.proto
    PYTHONPATH=. python Tests/EndToEnd/python_backend.py nats://127.0.0.1:4222
"""

import asyncio
import json
import secrets
import signal
import sys
import time

import nats
import rpc_pb2 as rpc

NAME = "snake"
FUNCTIONS = ["HD_Add", "HD_Who", "HD_Fail", "HD_Push"]
EVERYONE = "gatehouse.nodes"


class Backend:
    """The module `Python`."""

    def __init__(self, connection):
        self.connection = connection
        self.start = secrets.randbits(32) or 1
        self.inbox = f"gatehouse.inbox.{secrets.token_hex(8)}"
        #: By the two numbers that session ids name: inbox, and until when the last announcement counts.
        self.gateways = {}

    async def send(self, subject, call=0, **body):
        """One envelope."""
        envelope = rpc.Envelope(version=1, node=NAME, start=self.start, call=call, reply_to=self.inbox, **body)
        await self.connection.publish(subject, envelope.SerializeToString())

    async def announce(self, subject=EVERYONE):
        """Says who we are; once a second, and to each who asks."""
        functions = [rpc.Function(name=name, kind=rpc.Function.CONCURRENT) for name in FUNCTIONS]
        module = rpc.Module(type="Python", version="1.0", functions=functions)
        await self.send(subject, announcement=rpc.Announcement(inbox=self.inbox, ttl_ms=4000, modules=[module]))

    async def hear(self, message):
        """What other nodes say."""
        envelope = rpc.Envelope.FromString(message.data)
        if envelope.start == self.start:
            return
        kind = envelope.WhichOneof("body")
        if kind == "query":
            await self.announce(envelope.reply_to)
        elif kind == "announcement" and envelope.announcement.gateway:
            known = envelope.announcement
            until = time.monotonic() + known.ttl_ms / 1_000
            self.gateways[known.session_node, envelope.start] = known.inbox, until
        elif kind == "withdrawal":
            # It waits until all know that it goes. Its sessions end one by one; until its announcement runs out they
            # are still reached.
            if envelope.reply_to:
                await self.send(envelope.reply_to, withdrawn=rpc.Withdrawn())
        elif kind == "request":
            reply = await self.answer(envelope.request)
            if envelope.reply_to:
                await self.send(envelope.reply_to, call=envelope.call, reply=reply)

    def forget(self):
        """Gateways that were not heard for their time are gone, and their sessions with them."""
        now = time.monotonic()
        gone = [key for key, (_, until) in self.gateways.items() if until < now]
        for key in gone:
            del self.gateways[key]
        return gone

    async def answer(self, request):
        """Runs a handler: a value or a fault."""
        if request.function == "HD_Add":
            # What a client sent is bytes; a result in JSON goes into the client's envelope as it is.
            body = json.loads(request.argument.bytes)
            return rpc.Reply(value=rpc.Value(json=json.dumps({"sum": body["a"] + body["b"]}).encode()))
        if request.function == "HD_Who":
            return rpc.Reply(value=rpc.Value(string=request.session.user or "a guest"))
        if request.function == "HD_Push":
            identifier = request.session.id
            message = rpc.Message(topic=b"Python/OnPush", payload=request.argument.bytes)
            operation = rpc.Operation(id=identifier, send=message)
            gateway, _ = self.gateways.get((identifier.node, identifier.start), (None, None))
            if gateway is None:
                return rpc.Reply(fault=rpc.Fault(kind=rpc.Fault.UNREACHABLE))
            await self.send(gateway, session_request=rpc.SessionRequest(operate=operation))
            return rpc.Reply(value=rpc.Value(boolean=True))
        if request.function == "HD_Fail":
            return rpc.Reply(fault=rpc.Fault(kind=rpc.Fault.HANDLER, code=7, text="not today"))
        return rpc.Reply(fault=rpc.Fault(kind=rpc.Fault.NO_SUCH_HANDLER, text=request.function))


async def main(url):
    """Serves until SIGTERM."""
    connection = await nats.connect(url)
    backend = Backend(connection)
    # Whoever announces itself is heard already.
    await connection.subscribe(backend.inbox, cb=backend.hear)
    await connection.subscribe(EVERYONE, cb=backend.hear)
    await backend.send(EVERYONE, query=rpc.Query())
    ended = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    while not ended.is_set():
        await backend.announce()
        for node, start in backend.forget():
            print(f"gateway {node:08x}/{start:08x} is gone", flush=True)
        try:
            await asyncio.wait_for(ended.wait(), 1)
        except asyncio.TimeoutError:
            continue
    await backend.send(EVERYONE, withdrawal=rpc.Withdrawal())
    await connection.drain()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
