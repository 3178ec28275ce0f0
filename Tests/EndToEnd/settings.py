"""One setting, given to a process by a flag, by a variable or in the file, and what is started with it."""

import json
import re

from cluster import Nodes
from gateprocess import Gatehouse, run

WAYS = ("flag", "variable", "file")

#: What `serve --help` lists beside the settings of the table: they say where settings come from, which listeners there
#: are (test_listeners), or are mqant's names of settings.
OTHER_FLAGS = {"config", "listen", "version", "help", "wd", "conf", "pid", "log", "bi"}


def flags_of_the_help():
    """The names of the settings that `serve --help` lists."""
    return set(re.findall(r"^\s+(?:-\w+, )?--([\w-]+)", run("serve", "--help").stdout, re.MULTILINE)) - OTHER_FLAGS


def report(*flags, env=None):
    """What `check-config` says of all settings: their value by their path."""
    done = run("check-config", "--listen", "mqtt://127.0.0.1:0", *flags, env=env)
    assert done.returncode == 0, done.stderr
    sections = {name: part for name, part in json.loads(done.stdout).items() if isinstance(part, dict)}
    return {f"{section}.{key}": entry["value"] for section, part in sections.items() for key, entry in part.items()
            if isinstance(entry, dict) and "value" in entry}


class Stage:
    """Starts processes that have one setting, given in one way; what else they are given comes by flags."""

    def __init__(self, folder, path=None, name=None, way=None, value=None):
        self.folder = folder
        self.path, self.name, self.way, self.value = path, name, way, value
        self.nodes = Nodes("udp")
        self.started = []
        self.listeners = []

    def given(self, file=None):
        """The flags and the environment that give the setting. `file` is what else stands in the file."""
        sections, flags, env = dict(file or {}), [], {}
        values = self.value if isinstance(self.value, list) else [self.value]
        if self.way == "flag":
            flags = [word for value in values for word in (f"--{self.name}", str(value))]
        elif self.way == "variable":
            separator = ":" if self.name == "protocols" else ","
            env = {"GATEHOUSE_" + self.name.upper().replace("-", "_"): separator.join(map(str, values))}
        elif self.way == "file":
            section, key = self.path.split(".")
            sections[section] = {key: self.value}
        if sections:
            path = self.folder / "gate.json5"
            path.write_text(json.dumps(sections))
            flags += ["--config", path]
        return flags, env

    def serve(self, *flags, **options):
        """`gatehouse serve` with the setting, once it serves."""
        return self.start(*flags, **options).wait_for_ports()

    def start(self, *flags, file=None, files_max=None, **options):
        """The same at once. `file` is what else stands in the file, `files_max` what the process may open."""
        given, env = self.given(file)
        before = () if files_max is None else ("prlimit", f"--nofile={files_max}:{files_max}")
        server = Gatehouse(*given, *flags, env=env, before=before, **options)
        self.started.append(server)
        return server

    def node(self, command, *flags, has=True, **options):
        """A node of a cluster over UDP; without the setting where it does not have it."""
        given, env = self.given() if has else ([], {})
        return self.nodes.start(command, *given, *flags, env=env, **options)

    def dispose(self):
        """Ends everything at once: how processes end is the matter of other tests."""
        for server in self.started + self.nodes.started:
            server.dispose()
