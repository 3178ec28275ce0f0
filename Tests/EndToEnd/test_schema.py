"""`protocols/schema.json` for editors: what is shipped is valid under it, what is wrong is not."""

import copy
import json

import json5
import jsonschema
import pytest

from gateprocess import ROOT, run

SCHEMA = json.loads((ROOT / "protocols/schema.json").read_text())
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)
FILES = sorted((ROOT / "protocols").glob("*.json5"))

BASE = {
    "$schema": "schema.json", "summary": "x", "order": "le", "parameters": {"width": ["u16", "u8"]},
    "frame": [
        {"name": "op", "type": "u8", "enum": {"request": 1, "response": 3, "push": [4, 5]}},
        {"name": "size", "type": "$width", "counts": "after"},
        {"name": "id", "type": "u16"},
        {"name": "payload", "type": "bytes", "len": "rest"},
    ],
    "kinds": {"request": {"op": "request"}, "response": {"op": "response"}, "push": {"op": "push"}},
    "timers": {"idle": "60s"},
    "vectors": [{"note": "n", "in": "01 0300 0700 68", "events": [{"kind": "request", "payload": "h"}]}],
}


def faults(value):
    """What the schema finds."""
    return [error.message for error in VALIDATOR.iter_errors(value)]


def test_the_schema_is_one():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_shipped_file_is_valid(file):
    assert faults(json5.loads(file.read_text())) == []


def test_every_example_of_the_readme_is_valid():
    text = (ROOT / "protocols/README.md").read_text()
    blocks = [part.split("\n```")[0] for part in text.split("```json5\n")[1:]]
    files = [block for block in blocks if block.startswith("{") or "\n{\n" in block]
    assert len(files) >= 40
    for block in files:
        assert faults(json5.loads(block)) == [], block


def test_every_key_has_a_description():
    def look(node, path):
        for name, value in node.get("properties", {}).items():
            target = value
            while "description" not in target and "$ref" in target:
                target = SCHEMA["$defs"][target["$ref"].rsplit("/", 1)[1]]
            if path not in ("/$defs/vector/properties/events/items", "/$defs/vector/properties/send/items"):
                assert "description" in target or path.startswith("/$defs/vector"), f"{path}/{name}"
            look(value, f"{path}/properties/{name}")
        for name in ("items", "additionalProperties"):
            if isinstance(node.get(name), dict):
                look(node[name], f"{path}/{name}")
        for name, value in node.get("$defs", {}).items():
            look(value, f"{path}/$defs/{name}")
    look(SCHEMA, "")


def test_the_skeleton_of_new_is_valid():
    assert faults(json5.loads(run("protocol", "new", "mine").stdout)) == []


def changed(**changes):
    """The base with keys in other ways; None takes one away."""
    value = copy.deepcopy(BASE)
    for key, change in changes.items():
        if change is None:
            value.pop(key)
        else:
            value[key] = change
    return value


def with_field(**field):
    """The base with its third field in another way."""
    value = copy.deepcopy(BASE)
    value["frame"][2] = {"name": "id", "type": "u16", **field}
    return value


WRONG = {
    "an unknown key": changed(frames=[]),
    "no frame": changed(frame=None),
    "frame beside in": changed(**{"in": BASE["frame"], "out": BASE["frame"]}),
    "in without out": changed(frame=None, **{"in": BASE["frame"]}),
    "an empty frame": changed(frame=[]),
    "an unknown type": with_field(type="u15"),
    "a field without a type": changed(frame=[{"name": "payload", "len": "rest"}]),
    "a field without a name": changed(frame=[{"type": "u8"}, *BASE["frame"]]),
    "a name with a capital": with_field(name="Id"),
    "a key that its type does not take": with_field(len=2),
    "bytes without len or until": with_field(type="bytes"),
    "len and until": with_field(type="bytes", len=2, until="x"),
    "an unknown word": with_field(counts="before"),
    "an order that is none": changed(order="big"),
    "a limit of zero": changed(limits={"max_frame": 0}),
    "an unknown limit": changed(limits={"frame": 10}),
    "a timer that is no time": changed(timers={"idle": "60"}),
    "every without send": changed(timers={"every": "5s"}),
    "an unknown action": changed(states={"open": {"request": "forward"}}),
    "a kind that is a word": changed(kinds={"request": "op"}),
    "routes by magic": changed(routes={"by": "magic"}),
    "an odd number of hex digits": changed(vectors=[{"in": "0"}]),
    "an unknown key of a vector": changed(vectors=[{"input": "00"}]),
    "a constant without bytes": changed(frame=[{"type": "const"}, *BASE["frame"]]),
    "bits without a place": with_field(bits={"flag": {"width": 1}}),
    "a parameter without a default": changed(parameters={"width": ["u16", "u8"], "n": {"min": 1}}),
    "an unknown codec": with_field(type="native", codec="zip", len=3),
    "a varint that is too wide": with_field(type="varint", bytes=10),
}


def test_the_base_of_the_wrong_ones_is_valid(tmp_path):
    assert faults(BASE) == []
    (tmp_path / "base.json5").write_text(json.dumps(BASE))
    found = run("protocol", "check", tmp_path / "base.json5")
    assert found.returncode == 0, found.stdout


def test_a_parameter_may_stand_for_a_number(tmp_path):
    value = {
        "parameters": {"n": {"default": 1, "min": 1, "max": 3}},
        "frame": [
            {"name": "flags", "type": "u8", "bits": {"flag": {"at": "$n", "width": "$n"}}},
            {"name": "size", "type": "dec", "end": ":", "digits": "$n", "counts": "after", "plus": "$n"},
            {"name": "id", "type": "varint", "bytes": "$n"},
            {"name": "payload", "type": "bytes", "len": "rest"},
        ],
    }
    assert faults(value) == []
    (tmp_path / "numbers.json5").write_text(json.dumps(value))
    found = run("protocol", "check", tmp_path / "numbers.json5")
    assert found.returncode == 0, found.stdout


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_found_by_the_schema_and_by_the_loader(name, tmp_path):
    assert faults(WRONG[name]) != []
    (tmp_path / "wrong.json5").write_text(json.dumps(WRONG[name]))
    found = run("protocol", "check", tmp_path / "wrong.json5")
    assert found.returncode == 78 and "FAIL" in found.stdout, found.stdout
    assert "wrong.json5:" in found.stdout
