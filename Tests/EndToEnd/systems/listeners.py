"""One server for the clients of all systems, each with names or codes of its own."""

import json

FUNCTIONS = {
    "raw": "Echo/HD_Raw", "echo": "Echo/HD_Echo", "ordered": "Echo/HD_RawOrdered", "wait": "Echo/HD_Wait",
    "join": "Echo/HD_Join", "cast": "Echo/HD_Cast", "onCast": "Echo/OnCast", "login": "Login/HD_Login",
    "enter": "Chat/HD_JoinChat", "say": "Chat/HD_Say", "onJoin": "Chat/OnJoin", "onChat": "Chat/OnChat",
    "hello": "HelloWorld/HD_Say", "missing": "Echo/HD_Missing", "nobody": "Nobody/HD_Raw",
}


def camel(prefix=""):
    """`Raw`, `OnCast`, …"""
    return {key: prefix + key[0].upper() + key[1:] for key in FUNCTIONS}


def numbers(first):
    """Numbers from `first` on."""
    return {key: first + place for place, key in enumerate(FUNCTIONS)}


# The clients' own names or codes, by system.
NAMES = {
    "pomelo": {key: f"demo.demoHandler.{key}" for key in FUNCTIONS} | {"onChat": "onChat", "onCast": "onCast"},
    "skynet": numbers(1),
    "leaf-json": camel(),
    "leaf-pb": numbers(0),
    "cellnet": camel("proto."),
    "kbengine": numbers(3),
    "scut": numbers(1001),
    "firefly": numbers(101),
    "amp": camel(),
    "photon-tcp": numbers(200),
    "photon-json": numbers(200),
}


def routes(protocol):
    """What the configuration says of a system's names."""
    return {str(name): FUNCTIONS[key] for key, name in NAMES[protocol].items()}


# Where clients are told of errors, which most of these have no place for.
ERRORS = {"pomelo": "flag", "leaf-json": "json", "leaf-pb": "json", "cellnet": "json", "kbengine": "json"}


def listener(protocol, **settings):
    """A listener with the system's own names."""
    if protocol in ERRORS:
        settings["parameters"] = {"errors": ERRORS[protocol]} | settings.get("parameters", {})
    return {"protocol": protocol, "host": "127.0.0.1", "port": 0, "routes": routes(protocol), **settings}


def configuration(*listeners):
    """The text of a configuration file."""
    return json.dumps({"listeners": list(listeners)})
