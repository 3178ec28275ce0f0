"""Twisted's own protocols (from PyPI) as clients, on one reactor thread; what they hear goes into queues."""

import queue
import threading

from twisted.internet import reactor, threads
from twisted.internet.defer import Deferred, maybeDeferred
from twisted.internet.endpoints import TCP4ClientEndpoint, connectProtocol
from twisted.protocols import amp, basic

PATIENCE_SECONDS = 20


def start_reactor():
    """Starts the reactor's thread, once; it ends with the process."""
    if not reactor.running:
        running = threading.Event()
        reactor.callWhenRunning(running.set)
        threading.Thread(target=reactor.run, kwargs={"installSignalHandlers": False}, daemon=True).start()
        assert running.wait(PATIENCE_SECONDS)


def call(function, *arguments, **options):
    """Calls on the reactor's thread and waits, for a Deferred too; what it fails with is raised here."""
    def limited():
        found = maybeDeferred(function, *arguments, **options)
        if isinstance(found, Deferred):
            found.addTimeout(PATIENCE_SECONDS, reactor)
        return found
    return threads.blockingCallFromThread(reactor, limited)


def connect(protocol, port):
    """Connects a protocol of Twisted's."""
    start_reactor()
    return call(lambda: connectProtocol(TCP4ClientEndpoint(reactor, "127.0.0.1", port), protocol))


class Heard:
    """Puts what comes, and the end, into queues."""

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.heard, self.lost = queue.Queue(), queue.Queue()

    def connectionLost(self, reason):
        self.lost.put(reason.type.__name__)
        super().connectionLost(reason)

    def next(self):
        """The next string."""
        return self.heard.get(timeout=PATIENCE_SECONDS)

    def say(self, *strings):
        """Sends strings."""
        for string in strings:
            call(self._say, string)

    def end(self):
        """Closes, and waits for it."""
        call(lambda: self.transport.loseConnection() if self.transport else None)
        return self.lost.get(timeout=PATIENCE_SECONDS)


class _Strings(Heard):
    def stringReceived(self, string):
        self.heard.put(string)

    def _say(self, string):
        self.sendString(string)


class Int8(_Strings, basic.Int8StringReceiver):
    """A length of eight bits."""


class Int16(_Strings, basic.Int16StringReceiver):
    """A length of sixteen bits."""


class Int32(_Strings, basic.Int32StringReceiver):
    """A length of thirty-two bits."""


class Netstring(_Strings, basic.NetstringReceiver):
    """Decimal digits, a colon, a comma at the end."""


class Line(Heard, basic.LineReceiver):
    """CR LF."""

    def lineReceived(self, line):
        self.heard.put(line)

    def _say(self, line):
        self.sendLine(line)


class Refused(Exception):
    """What the commands below map the gateway's errors to."""


class Unknown(amp.Command):
    """A command whose errors nobody mapped."""

    commandName = b"Missing"
    arguments, response = [], []


def command(name, arguments, response, errors=None, answered=True):
    """A Command class."""
    return type("Command" + name.decode("utf-8", "replace").replace("/", "_"), (amp.Command,), {
        "commandName": name, "arguments": arguments, "response": response, "errors": errors or {},
        "requiresAnswer": answered,
    })


# What the server calls at the client: pushes, and the notice before the end.
OnChat = command(b"OnChat", [(b"roomName", amp.Unicode()), (b"from", amp.Unicode()), (b"target", amp.Unicode()),
                             (b"msg", amp.Unicode())], [], answered=False)
OnJoin = command(b"OnJoin", [(b"roomName", amp.Unicode()), (b"user", amp.Unicode())], [], answered=False)
OnCast = command(b"OnCast", [(b"cast", amp.Unicode())], [], answered=False)
OnKick = command(b"Gate/OnKick", [(b"reason", amp.Unicode())], [], answered=False)


class AMP(Heard, amp.AMP):
    """An AMP peer with responders for what the server says by itself."""

    @OnChat.responder
    def on_chat(self, **values):
        self.heard.put(("OnChat", values))
        return {}

    @OnJoin.responder
    def on_join(self, **values):
        self.heard.put(("OnJoin", values))
        return {}

    @OnCast.responder
    def on_cast(self, **values):
        self.heard.put(("OnCast", values))
        return {}

    @OnKick.responder
    def on_kick(self, **values):
        self.heard.put(("Gate/OnKick", values))
        return {}

    def ask(self, wanted, **values):
        """Calls a command at the server."""
        return call(lambda: self.callRemote(wanted, **values))

    def ask_all(self, wanted, every):
        """Calls a command many times at once; returns the answers in the order of the calls."""
        pending = call(lambda: [self.callRemote(wanted, **values) for values in every])
        return [call(lambda one=one: one) for one in pending]
