"""`gatehouse protocol` as its users meet it."""

import json
import os
import pathlib
import re
import socket
import subprocess

import pytest

from gateprocess import ROOT, binary, environment, run
from systems import scut, skynet

SHIPPED = sorted(file.stem for file in (ROOT / "protocols").glob("*.json5"))
SYSTEMS = {
    "skynet", "skynet-msgserver", "skynet-login", "pomelo", "leaf-json", "leaf-pb", "cellnet", "kbengine", "scut",
    "firefly", "int8", "int16", "int32", "netstring", "line", "amp", "photon-tcp", "photon-json",
}


def protocol(*arguments, status=0, **options):
    """Runs `gatehouse protocol …`; returns what it prints."""
    found = run("protocol", *arguments, **options)
    assert found.returncode == status, (found.stdout, found.stderr)
    return found.stdout


def bytes_of(text):
    """Hex digits with blanks and line ends."""
    return bytes.fromhex("".join(text.split()))


# list


def test_list_has_all_systems_with_versions_and_origins(tmp_path):
    (tmp_path / "mine.json5").write_text(protocol("new", "mine"))
    (tmp_path / "line.json5").write_text((ROOT / "protocols/line.json5").read_text() + "// changed\n")
    listed = {entry["name"]: entry for entry in json.loads(protocol("list", "--json", "--protocols", tmp_path))}
    assert SYSTEMS <= set(listed) and set(SHIPPED) <= set(listed)
    for name in SHIPPED:
        assert listed[name]["version"] and listed[name]["vectors"] > 0 and listed[name]["summary"]
        assert listed[name]["builtIn"] is (name != "line")
    assert listed["mine"]["file"] == str(tmp_path / "mine.json5")
    plain = {entry["name"]: entry["version"] for entry in json.loads(protocol("list", "--json"))}
    assert plain["line"] != listed["line"]["version"], "another file is another version"
    assert plain["amp"] == listed["amp"]["version"]
    assert set(listed["leaf-pb"]["parameters"]["length"]) == {"u8", "u16", "u32"}


def test_list_is_a_table():
    lines = protocol("list").splitlines()
    assert lines[0].split()[0] == "NAME" and "VERSION" in lines[0] and "FROM" in lines[0]
    for name in SHIPPED:
        assert any(line.startswith(f"{name} ") and line.endswith("built in") for line in lines), name


def test_the_keys_of_json_output_are_stable():
    entry = json.loads(protocol("list", "--json"))[0]
    assert {"name", "version", "summary", "builtIn", "file", "frameBytesMax", "vectors", "parameters"} <= set(entry)
    found = json.loads(protocol("decode", "--json", "pomelo", "0400000b 01 01 0002 7b2261223a317d"))
    assert list(found) == ["bytes", "frames", "incomplete", "fault"]
    frame, = found["frames"]
    assert list(frame) == ["offset", "length", "kind", "meanings", "fields"]
    assert list(frame["fields"][0]) == ["name", "type", "offset", "length", "value", "means"]
    found = json.loads(protocol("encode", "--json", "length32", '{payload: "hi"}'))
    assert found == {"kind": "request", "from": "client", "bytes": 6, "hex": "000000026869"}


def test_decode_says_the_right_check_of_wrong_bytes_also_as_json(tmp_path):
    file = tmp_path / "summed.json5"
    file.write_text("""{
      frame: [{name: "payload", type: "bytes", len: "u8"}, {name: "sum", type: "check", alg: "sum8", over: "payload"}],
    }""")
    assert json.loads(protocol("decode", "--json", file, "02 0102 05"))["fault"] is None
    fault = json.loads(protocol("decode", "--json", file, "02 0102 09", status=65))["fault"]
    assert fault["close"] == "bad_checksum" and fault["field"] == "sum" and fault["check"] == "05"
    assert "the check of these bytes is 05" in protocol("decode", file, "02 0102 09", status=65)


def test_an_id_of_64_bits_comes_back_whole(tmp_path):
    file = tmp_path / "wide.json5"
    file.write_text("""{
      frame: [{name: "id", type: "u64"}, {name: "payload", type: "bytes", len: "u8"}],
      vectors: [{
        in: "ffffffffffffffff 00", events: [{}], send: [{payload: "a"}], out: "ffffffffffffffff 01 61",
      }],
    }""")
    assert protocol("check", file).startswith("ok ")
    frame, = json.loads(protocol("decode", "--json", file, "ffffffffffffffff 00"))["frames"]
    assert frame["fields"][0]["value"] == frame["meanings"]["id"]["value"] == 2 ** 64 - 1
    assert str(2 ** 64 - 1) in protocol("decode", file, "ffffffffffffffff 00")


# check


@pytest.mark.parametrize("name", SHIPPED)
def test_check_passes_for_every_shipped_file_and_name(name):
    lines = protocol("check", ROOT / f"protocols/{name}.json5").splitlines()
    assert re.fullmatch(rf"ok .*{name}\.json5: {name}, \d+ vectors?, 0 failed(, \d+ skipped)?", lines[-1])
    assert ", 0 failed" in protocol("check", name).splitlines()[-1]


def test_check_says_where_and_what_would_be_valid(tmp_path):
    text = (ROOT / "protocols/length32.json5").read_text()
    wrong = tmp_path / "length32.json5"
    wrong.write_text(text.replace('type: "u32", counts: "after"', 'type: "u31", counts: "behind"'))
    found = protocol("check", wrong, status=78)
    line = next(number for number, row in enumerate(wrong.read_text().splitlines(), 1) if "u31" in row)
    assert re.search(rf"length32\.json5:{line}:\d+: \$\.frame\[0\]\.type: .*u31.*u32", found), found
    wrong.write_text(text.replace('out: "00000006 776f726c6421"', 'out: "00000006 776f726c6422"'))
    found = protocol("check", wrong, ROOT / "protocols/line.json5", status=78)
    assert "expected" in found and "776f726c6422" in found.replace(" ", "")
    assert "line.json5: line" in found, "a bad file does not stop the others"


def test_without_a_condition_errors_pushes_and_kicks_are_in_an_envelope_too(tmp_path):
    (tmp_path / "boxed.json5").write_text("""{
      frame: [{name: "size", type: "u8", counts: "after"}, {name: "payload", type: "bytes", len: "rest"}],
      routes: {by: "number"},
      kinds: {request: {}, response: {}, error: {}, push: {}, kick: {}},
      envelope: {wire: {varint: 0, bytes: 2}, keys: {code: 1, payload: 2, id: 3}},
      vectors: [{
        routes: {"7": "A/Call", "9": "A/Tell"}, in: "07 0807 120161 1802", events: [{route: "A/Call", payload: "a"}],
        send: [
          {kind: "error", payload: "no"}, {kind: "push", route: "A/Tell", payload: "c"}, {kind: "kick", payload: "d"},
        ],
        out: "14 0807 120e 7b224572726f72223a226e6f227d 1802  05 0809 120163  03 120164",
      }],
    }""")
    assert protocol("check", tmp_path / "boxed.json5").startswith("ok ")


def test_letters_that_are_several_bytes_end_no_field(tmp_path):
    file = tmp_path / "raw.json5"
    text = '{frame: [{name: "payload", type: "bytes", until: %s}], kinds: {request: {}, response: {}}}'
    file.write_text(text % r'"\xc0"')
    assert '$.frame[0].until: ' in (found := protocol("check", file, status=78)) and '{hex: "c0"}' in found
    file.write_text(text % '{hex: "c0"}')
    assert protocol("check", file).startswith("ok ")


@pytest.mark.parametrize("name, reason", [
    ("mqtt", "'mqtt' is spoken without a descriptor"), ("Sky", "'Sky' is no name for a protocol"),
])
def test_a_name_that_no_file_can_have_gets_no_skeleton(name, reason):
    found = run("protocol", "new", name)
    assert (found.returncode, found.stdout) == (64, "") and reason in found.stderr


# decode and encode


def test_encode_of_a_skynet_request_is_what_the_example_client_sends():
    assert bytes_of(protocol("encode", "skynet", "{code: 1, id: 1}")) == bytes.fromhex("000415020404")
    content = skynet.texts(b"hello", b"world")
    found = bytes_of(protocol("encode", "skynet", json.dumps({"code": 2, "id": 2, "payload_hex": content.hex()})))
    assert skynet.unpack(found[2:]).rstrip(b"\0") == (skynet.header(2, 2) + content).rstrip(b"\0")
    assert bytes_of(protocol("encode", "skynet", "{kind: 'notify', code: 1}")) == bytes.fromhex("0003050104")
    assert bytes_of(protocol("encode", "skynet", "{kind: 'push', code: 1}")) == bytes.fromhex("0003050104")


def test_encode_of_a_scut_request_is_what_the_unity_client_sends():
    found = bytes_of(protocol("encode", "scut", '{code: 1001, id: 2, payload: {name: "a b", n: "5"}}'))
    golden = (b"?d=MsgId%3d2%26Sid%3d%26Uid%3d0%26St%3d%26actionId%3d1001%26name%3da%2520b%26n%3d5%26sign"
              b"%3d73f88415e485ce04ee5394a153b8612f")
    assert found == b"\x7c\0\0\0" + golden
    found = bytes_of(protocol("encode", "scut?sign_key=secret", "{code: 7, id: 1}"))
    assert found[4:].lower() == scut.form(7, 1, key="secret").lower()


def test_decode_says_where_a_listeners_routes_send_a_message():
    def target(*arguments):
        frame, = json.loads(protocol("decode", "--json", *arguments))["frames"]
        return frame["meanings"].get("target", {}).get("value")
    request = "04000013 00 02 05 612e622e63 7b227a223a22e4b8ad227d"
    assert target("pomelo", request) == "b/c"
    assert target("pomelo", "--route", "a.b.c=Chat/HD_Say", request) == "Chat/HD_Say"
    coded = "0400000b 01 01 0002 7b2261223a317d"
    assert target("pomelo", coded) is None
    assert target("pomelo", "--route", "x.y=A/B", "--route", "z=C/D", coded) == "C/D"
    assert target("pomelo?route=Echo/HD_Raw", coded) == "Echo/HD_Raw"
    firefly = "00000000 00 00000000 00000009 00000001 6173646665"
    assert target("firefly", "--route", "1=Game/HD_One", firefly) == "Game/HD_One"
    assert target("firefly", "--route", "Game/HD_Other", firefly) == "Game/HD_Other"
    named = "main.TestEchoACK=Echo/HD_Raw"
    assert target("cellnet", "--route", named, "0d00 4112 0500 68656c6c6f d2040000") == "Echo/HD_Raw"
    assert target("length32?route=Echo/HD_Raw", "00000002 6869") == "Echo/HD_Raw"
    assert "target" in protocol("decode", "length32?route=Echo/HD_Raw", "00000002 6869")


def test_encode_takes_the_route_and_writes_the_clients_own_name_or_code():
    def encoded(*arguments):
        return bytes_of(protocol("encode", *arguments)).hex()
    assert encoded("firefly", "--route", "1=Game/HD_One", '{route: "Game/HD_One", payload: "asdfe"}') == (
        "00000000" "00" "00000000" "00000009" "00000001" "6173646665")
    answer = encoded("firefly", "--route", "1=Game/HD_One -> 8", '{kind: "response", route: "Game/HD_One"}')
    assert answer[26:34] == "00000008"
    push = '{kind: "push", route: "Chat/OnChat", payload: {m: 2}}'
    assert encoded("leaf-json", "--route", "Say=Chat/OnChat", push) == (b"\0\x0f" + b'{"Say":{"m":2}}').hex()
    assert encoded("pomelo", "--route", "onChat=Chat/OnChat", push) == "0400000a" "07" "0001" "7b226d223a327d"
    assert encoded("cellnet", "--route", "main.J=Game/HD_J", '{route: "Game/HD_J", payload: {A: 7}}') == (
        "0900ddb17b2241223a377d")
    assert encoded("skynet", "--route", "1=Login/HD_Go", '{route: "Login/HD_Go", id: 1}') == "000415020404"


def test_a_route_that_is_none_is_refused():
    assert "Type/Function" in run("protocol", "decode", "firefly", "--route", "1=Nowhere", "00").stderr
    assert run("protocol", "decode", "firefly", "--route", "x=A/B", "00").returncode == 64


def test_decode_takes_standard_input_and_says_what_is_missing():
    done = subprocess.run([binary(), "protocol", "decode", "length32", "-"], input=b"\0\0\0\2hi\0\0", env=environment(),
                          capture_output=True)
    assert done.returncode == 65 and b"frame 1: request" in done.stdout and b"incomplete" in done.stdout


# explain


@pytest.mark.parametrize("name", SHIPPED)
def test_explain_draws_every_protocol(name):
    text = protocol("explain", name)
    assert name in text.splitlines()[0]
    file = (ROOT / f"protocols/{name}.json5").read_text()
    for field in re.findall(r'^\s*\{?name: "([a-z_0-9-]+)", type:', file, re.MULTILINE):
        assert field in text, field


# From nothing to a working protocol


def test_new_check_connect(tmp_path, gatehouse):
    protocol("new", "mine", "--write", cwd=tmp_path)
    assert protocol("check", "mine.json5", cwd=tmp_path).splitlines()[-1].startswith("ok")
    assert run("protocol", "new", "mine", "--write", cwd=tmp_path).returncode == 65
    server = gatehouse("--protocols", tmp_path, listen=["mine://127.0.0.1:0?route=Echo/HD_Raw"])
    request = bytes_of(protocol("encode", tmp_path / "mine.json5", '{id: 7, payload: "ping"}'))
    with socket.create_connection(("127.0.0.1", server.port("mine")), 20) as client:
        client.sendall(request)
        answer = client.recv(1 << 16)
    found = protocol("decode", "--json", "--from", "server", tmp_path / "mine.json5", answer.hex())
    frame, = json.loads(found)["frames"]
    assert frame["kind"] == "response" and frame["meanings"]["payload"]["value"] == "ping"


def tutorial():
    """The blocks of the tutorial: (language, text)."""
    text = (ROOT / "protocols/README.md").read_text()
    start = text.index("## From a hex dump")
    section = text[start:text.index("\n## ", start + 5)]
    return section, re.findall(r"```(\w*)\n(.*?)```", section, re.DOTALL)


def test_the_tutorial_does_what_it_says(tmp_path, gatehouse):
    """Each command is run as it stands; what it prints must be what stands below it."""
    section, blocks = tutorial()
    for command in re.findall(r"`(gatehouse protocol [^`]+)`", section):
        if "--write" in command:
            shell(command, tmp_path)
    assert "ok" in shell("gatehouse protocol check my-game.json5", tmp_path)
    server, commands = None, 0
    for language, text in blocks:
        if language == "json5":
            (tmp_path / "my-game.json5").write_text(text)
            continue
        if not text.startswith("$ "):
            continue
        if "gatehouse serve" in text:
            address = re.search(r"--listen '([^']+):(\d+)(\?[^']+)'", text)
            server = gatehouse("--protocols", ".", cwd=tmp_path, listen=[f"{address[1]}:0{address[3]}"])
            port = address[2]
            continue
        if server:
            text = text.replace(f"/{port}", f"/{server.port('my-game')}")
        script, wanted = read_block(text)
        assert shell(script, tmp_path) == wanted
        commands += len(script.splitlines())
    assert commands >= 6 and server


def read_block(text):
    """The commands of a block, and what stands below the last of them."""
    script = "\n".join(line[2:] for line in text.splitlines() if line.startswith("$ "))
    return script, "".join(f"{line}\n" for line in text.splitlines() if not line.startswith("$ "))


def shell(script, folder):
    """Runs bash with `gatehouse` on its path; what it prints."""
    tools = pathlib.Path(folder) / ".bin"
    tools.mkdir(exist_ok=True)
    if not (tools / "gatehouse").exists():
        (tools / "gatehouse").symlink_to(pathlib.Path(binary()).resolve())
    surroundings = environment({"PATH": f"{tools}:{os.environ['PATH']}"})
    return subprocess.run(["bash", "-c", script], cwd=folder, env=surroundings, timeout=30, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True).stdout
