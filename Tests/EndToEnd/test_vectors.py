"""`gatehouse protocol decode` and `encode` with the golden vectors, both ways."""

import json

import pytest

from gateprocess import run
from systems.scut import form
from vectors import REASONS, ROWS

# Where our files call a thing otherwise than the vectors do.
KINDS = {
    ("kbengine", "login"): {"login", "proxy"}, ("kbengine", "request"): {"request"},
    ("photon-tcp", "push"): {"push"},
}
NAMES = {"ver": "version", "component": "app", "errtext": "error", "op": "code", "line": "payload"}
LENGTHS = {"size", "total"}
CONTAINERS = {"flag", "flags", "box", "body", "form"}


def decode(row, *flags):
    """What `decode --json` says, and its exit status."""
    side = "server" if row.direction == "out" else "client"
    found = run("protocol", "decode", "--json", "--from", side, *flags, row.protocol, row.data.hex())
    return json.loads(found.stdout), found.returncode


def shown(value):
    """A value as JSON has it."""
    return value["value"] if "value" in value else value["hex"]


def identified(row):
    return f"{row.protocol} {row.direction} {row.text[:28]}"


@pytest.mark.parametrize("row", ROWS, ids=identified)
def test_a_vector_is_decoded(row):
    found, status = decode(row)
    if row.expected == "...":
        assert status == 65 and found["frames"] == [] and found["incomplete"]["missing"] >= 1
        return
    if row.expected.startswith("!"):
        if row.protocol == "photon-json" and row.expected == "!truncated_header":
            assert status == 65 and found["incomplete"]  # over a stream the rest may still come
            return
        assert status == 65 and found["fault"]["close"] in REASONS[row.expected[1:]], found["fault"]
        return
    assert status == 0 and found["fault"] is None and found["incomplete"] is None
    frame, = found["frames"]
    # A remote call's code is that of its envelope as a field, that of what is called as a meaning.
    said = frame["meanings"] | {field["name"]: field for field in frame["fields"] if field["name"] != "body"}
    assert frame["length"] == len(row.data)
    for name, wanted in json.loads(row.expected).items():
        if name == "KIND":
            assert frame["kind"] in KINDS.get((row.protocol, wanted), {wanted, {"ack": "ack"}.get(wanted, wanted)})
            continue
        if (row.protocol, name) in IGNORED:
            continue
        if row.protocol == "scut":
            name = {"route": "code", "error": "failed"}.get(name, name)
        if row.protocol == "pomelo" and name == "error":
            name = "failed"
        if row.protocol == "amp":  # our names of its keys
            name = {"ask": "id", "error": "failed", "err": "reason"}.get(name, name)
        field = said[NAMES.get(name, name)]
        assert wanted in (shown(field), field.get("means")) or str(wanted) == str(shown(field)), (name, wanted, field)


# What a vector names that is no field of ours.
IGNORED = {("kbengine", "code"), ("skynet", "size")}


def written(row, frame):
    """The JSON that `encode` takes, made of what `decode` showed."""
    value = {"kind": frame["kind"]}
    meanings = frame["meanings"]
    for field in frame["fields"]:
        name = field["name"]
        if name in LENGTHS or name in CONTAINERS or name in meanings or name.startswith("field "):
            continue
        value[name if "value" in field else f"{name}_hex"] = shown(field)
    for name, meaning in meanings.items():
        if name == "target":
            continue
        if "hex" in meaning:
            assert name == "payload", meanings
            value["payload_hex"] = meaning["hex"]
        elif name == "payload" and row.protocol in ("length32-json", "leaf-json", "photon-json", "amp", "scut"):
            is_text = row.protocol == "scut" and row.direction == "out"
            value[name] = meaning["value"] if is_text else json.loads(meaning["value"])
        else:
            value[name] = meaning["value"]
    return value


GOOD = [row for row in ROWS if row.expected.startswith("{") and row.data != b"\0\0"]


@pytest.mark.parametrize("row", GOOD, ids=identified)
def test_a_vector_is_encoded_again_to_the_same_bytes(row):
    frame, = decode(row)[0]["frames"]
    value = written(row, frame)
    side = "server" if row.direction == "out" else "client"
    found = run("protocol", "encode", "--json", "--from", side, row.protocol, json.dumps(value, ensure_ascii=False))
    assert found.returncode == 0, (value, found.stderr)
    assert json.loads(found.stdout)["hex"] == row.data.hex(), value
    assert json.loads(found.stdout)["from"] == ("server" if row.direction == "out" else "client")
