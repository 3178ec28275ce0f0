"""The configuration file: mqant's loads as it is, faults come all together with their places."""

import json
import pathlib
import re

import pytest

from gateprocess import run
from wire import opened

FIXTURE = pathlib.Path(__file__).parent / "fixtures" / "mqantserver-server.json"
OK, CONFIGURATION = 0, 78
PLACE = re.compile(r":(\d+):(\d+)\b|line (\d+),? column (\d+)")


def places(text):
    """The (line, column) pairs that a report names."""
    return [tuple(int(number) for number in match if number) for match in PLACE.findall(text)]


@pytest.fixture
def configured(tmp_path):
    """Writes a configuration file; returns its path."""
    def write(text):
        path = tmp_path / "server.json"
        path.write_text(text if isinstance(text, str) else json.dumps(text, indent=4))
        return path
    return write


def module(kind, identifier, group="development", **settings):
    """One entry of mqant's Module section."""
    return {kind: [{"Id": identifier, "ProcessID": group, "Settings": settings}]}


def test_the_demo_servers_file_is_valid_and_warned_about():
    done = run("check-config", "--config", FIXTURE)
    assert done.returncode == OK, done.stderr
    report = done.stdout + done.stderr
    for name in ("WebSocket", "MaxMsgLen", "MinHBStorage", "PyChat", "Hitball", "XaXb", "Webapp", "Tracing", "Master"):
        assert name in report, name


def test_the_demo_servers_file_serves(gatehouse):
    server = gatehouse("--config", FIXTURE, listen=["mqtt://127.0.0.1:0"])
    assert len(server.listeners) == 1
    with opened(server.port(), "111", name="MQIsdp", level=3) as wire:
        assert wire.ask_json("Login/HD_Login", {"userName": "a", "passWord": "b"})["Result"] == "login success a"
        assert wire.ask_json("Login@Login001/HD_Login", {"userName": "a", "passWord": "b"})["Error"] == ""
        assert wire.ask_json("Hitball/HD_Join", {})["Error"] == "Service(type:Hitball) not found"
    for key in ("MaxMsgLen", "WebSocket", "'Hitball'"):
        lines = [line for line in server.stderr().splitlines() if key in line]
        assert len(lines) == 1, lines


def test_comments_and_trailing_commas_are_read(configured):
    path = configured("""// a comment
{
    // another
    "Module": {
        "Login": [{"Id": "Login001", "ProcessID": "development",},], /* and one more */
        "Gate": [{"ProcessID": "development", "Settings": {"TCPAddr": "127.0.0.1:0",}}],
    },
}
""")
    assert run("check-config", "--config", path).returncode == OK


@pytest.mark.parametrize("block, trait", [("Rabbitmq", "RabbitMQ"), ("Redis", "Redis")])
def test_a_broker_of_the_older_line_is_the_link_or_names_its_trait(configured, block, trait):
    uri = {"Rabbitmq": "amqp://127.0.0.1:1", "Redis": "redis://127.0.0.1:1"}[block]
    path = configured({"Module": {"Login": [{"ID": "L", "ProcessID": "development", block: {"Uri": uri}}]}})
    done = run("check-config", "--config", path)
    if trait in json.loads(run("version", "--json").stdout)["traits"]:
        assert done.returncode == OK and json.loads(done.stdout)["rpc"]["url"]["value"] == uri
    else:
        assert done.returncode == CONFIGURATION and f"--traits {trait}" in done.stderr and places(done.stderr)


@pytest.mark.parametrize("key", ["gate", "GateLeaf", "SV_Gate"])
def test_an_entry_with_an_address_is_a_gate(gatehouse, configured, key):
    path = configured("""// by hand
{
    "Settings": {"Mongo": "mongodb://127.0.0.1",},
    "Module": {
        // what GetType returns
        "%s": [{"Id": "G", "ProcessID": "development", "Settings": {"TCPAddr": ":0", "WSAddr": ":3653",},},],
    },
}
""" % key)
    server = gatehouse("-conf", path, listen=[])
    with opened(server.port()) as wire:
        wire.ping()
    assert "is not in this program" not in server.stderr()


@pytest.mark.parametrize("command", ["check-config", "serve"])
@pytest.mark.parametrize("text", [
    '{"Module": {}}', '{"listeners": []}', '{"Module": {"Chat": [{"ProcessID": "development"}]}}',
    '{"Module": {"Gate": [{"ProcessID": "development", "Settings": {"WSAddr": ":3653"}}]}}',
    '{"Module": {"Gate": [{"ProcessID": "other", "Settings": {"TCPAddr": ":0"}}]}}',
])
def test_a_server_without_a_listener_does_not_start(configured, command, text):
    done = run(command, "--config", configured(text))
    assert done.returncode == CONFIGURATION and "no listener is configured" in done.stderr, done.stderr


def test_a_gateway_needs_listeners_and_modules_with_a_link_do_not(gatehouse, configured):
    path = configured('{"listeners": []}')
    done = run("gateway", "--config", path, "--rpc", "udp://127.0.0.1:4999")
    assert done.returncode == CONFIGURATION and "no listener" in done.stderr
    assert run("check-config", "--config", path, "--rpc", "udp://127.0.0.1:4999").returncode == OK


def test_any_variable_may_stand_in_the_file(configured):
    path = configured('{"node": {"name": "${env:MY_NODE}", "portsFile": "/run/${env:GATEHOUSE_MY_SECRET}"}}')
    done = run("check-config", "--config", path, env={"MY_NODE": "n7", "GATEHOUSE_MY_SECRET": "hidden"})
    assert done.returncode == OK, done.stderr
    node = json.loads(done.stdout)["node"]
    assert node["name"]["value"] == "${env:MY_NODE}"
    assert "hidden" not in done.stdout + done.stderr and "unknown environment variable" not in done.stderr
    without = run("check-config", "--config", path)
    assert without.returncode == CONFIGURATION and "MY_NODE" in without.stderr


def test_a_configuration_beside_descriptors_is_none(configured, tmp_path):
    path = tmp_path / "gate.json5"
    path.write_text('{listeners: ["mqtt://127.0.0.1:1883"], log: {level: "info"}}')
    done = run("check-config", "--config", path, "--protocols", tmp_path)
    assert done.returncode in (OK, 69) and "the protocol is left out" not in done.stderr, done.stderr


def test_unknown_keys_are_warned_about_with_their_place(configured):
    path = configured('{\n    "Module": {},\n    "Modlue": {}\n}\n')
    done = run("check-config", "--config", path, "--listen", "mqtt://:0")
    assert done.returncode == OK
    assert "Modlue" in done.stdout + done.stderr
    assert (3, 5) in places(done.stdout + done.stderr)


@pytest.mark.parametrize("text, place", [
    ("{", (1, 2)),
    ('{\n  "Module": {,\n}', (2, 14)),
    ('{\n  "Module" {}\n}', (2, 12)),
    ("{} {}", (1, 4)),
])
def test_text_that_is_no_json_is_told_with_line_and_column(configured, text, place):
    done = run("check-config", "--config", configured(text))
    assert done.returncode == CONFIGURATION
    assert place in places(done.stderr), done.stderr


def test_an_empty_file_is_told(configured):
    done = run("check-config", "--config", configured(""))
    assert done.returncode == CONFIGURATION and places(done.stderr)


def test_all_faults_come_together_with_their_places(configured):
    path = configured("""{
    "Module": {
        "Gate": [{"Id": "G", "ProcessID": "development", "Settings": {"TCPAddr": 3563}}],
        "Login": [{"Id": "Same", "ProcessID": "development"}],
        "Chat": [{"Id": "Same", "ProcessID": "development"}],
        "HelloWorld": {"Id": "H"}
    }
}
""")
    for arguments in (["check-config"], ["serve", "--listen", "mqtt://127.0.0.1:0"]):
        done = run(*arguments, "--config", path)
        assert done.returncode == CONFIGURATION, done.stderr
        assert {3, 5, 6} <= {line for line, _ in places(done.stderr)}, done.stderr
        assert "Same" in done.stderr and "TCPAddr" in done.stderr


def test_one_type_may_not_be_twice_in_a_process_group(configured):
    path = configured({"Module": {"Login": [
        {"Id": "One", "ProcessID": "development"}, {"Id": "Two", "ProcessID": "development"}]}})
    done = run("check-config", "--config", path)
    assert done.returncode == CONFIGURATION and "development" in done.stderr


@pytest.mark.parametrize("key", ["Tls", "TLS"])
def test_a_listener_that_asks_for_tls_refuses_to_start(configured, key):
    path = configured({"Module": module("Gate", "Gate001", TCPAddr="127.0.0.1:0", **{key: True})})
    done = run("serve", "--config", path)
    assert done.returncode == CONFIGURATION
    assert "tls" in done.stderr.lower()


def test_the_gates_address_is_listened_on(gatehouse, configured):
    path = configured({"Module": {**module("Gate", "Gate001", TCPAddr="127.0.0.1:0"), **module("Echo", "Echo001")}})
    server = gatehouse("--config", path, listen=[])
    assert [entry["protocol"] for entry in server.listeners] == ["mqtt"]
    with opened(server.port()) as wire:
        assert wire.ask("Echo/HD_Raw", b"x") == b"x"


@pytest.mark.parametrize("flag", ["--process-group", "-pid"])
def test_only_the_modules_of_the_process_group_run(gatehouse, configured, flag):
    path = configured({"Module": {**module("Login", "L", "front"), **module("HelloWorld", "H", "back")}})
    for group, runs, absent in (("front", "Login", "HelloWorld"), ("back", "HelloWorld", "Login")):
        server = gatehouse(flag, group, "--config", path, listen=["mqtt://127.0.0.1:0"])
        with opened(server.port()) as wire:
            assert wire.ask_json(f"{absent}/HD_X", {})["Error"] == f"Service(type:{absent}) not found"
            assert wire.ask_json(f"{runs}/HD_X", {})["Error"] == "Remote function(HD_X) not found"


def test_the_flags_of_mqant_are_taken(gatehouse, configured, tmp_path):
    configured({"Module": module("HelloWorld", "H", "group")})
    for name in ("logs", "bi"):
        (tmp_path / name).mkdir()
    server = gatehouse("-wd", tmp_path, "-conf", "server.json", "-pid", "group", "-log", tmp_path / "logs",
                       "-bi", tmp_path / "bi", listen=["mqtt://127.0.0.1:0"], cwd="/")
    with opened(server.port()) as wire:
        assert wire.ask_json("HelloWorld/HD_Say", {"say": "x"})["Result"] == "you say : x"
    assert pathlib.Path(f"/proc/{server.pid}/cwd").resolve() == tmp_path.resolve()


@pytest.mark.parametrize("flag", ["-log", "--log-dir"])
def test_the_log_goes_into_the_log_directory(gatehouse, tmp_path, flag):
    server = gatehouse(flag, tmp_path, "--log-level", "debug")
    with opened(server.port()) as wire:
        wire.send(b"\xff")
        wire.expect_closed()
    assert server.stop() == OK
    assert any("unknown_kind" in path.read_text() for path in tmp_path.iterdir())


def test_the_environment_names_the_file_too(configured):
    path = configured("{")
    assert run("check-config", env={"GATEHOUSE_CONFIG": str(path)}).returncode == CONFIGURATION
