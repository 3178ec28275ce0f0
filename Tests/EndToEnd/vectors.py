"""The golden vectors, as `fixtures/vectors.txt` has them."""

import pathlib
from typing import NamedTuple


class Row(NamedTuple):
    """One vector."""

    protocol: str
    direction: str
    text: str
    data: bytes
    expected: str


def _bytes(text):
    """Hex digits with blanks, `text:…` with escapes, both with ` + ` between."""
    data = b""
    for part in text.split(" + "):
        if part.startswith("text:"):
            data += part[5:].replace("\\r", "\r").replace("\\n", "\n").encode()
        else:
            data += bytes.fromhex(part)
    return data


def _rows():
    lines = (pathlib.Path(__file__).parent / "fixtures/vectors.txt").read_text().splitlines()
    for line in lines:
        if line and not line.startswith("#"):
            protocol, direction, rest = line.split(" | ", 2)
            text, expected = rest.rsplit(" | ", 1)
            yield Row(protocol, direction, text, _bytes(text), expected)


ROWS = list(_rows())

# What the vectors call a refusal, and the reasons for which a connection may then end.
REASONS = {
    "oversize": {"frame_too_large"},
    "too_short": {"frame_too_small", "negative_length", "empty_frame"},
    "truncated_header": {"truncated_field", "frame_too_small"},
    "varint_overlong": {"varint_overlong"},
    "bad_json": {"malformed_body"},
    "bad_sign": {"bad_signature"},
    "bad_magic": {"wrong_constant", "wrong_terminator"},
    "bad_length": {"malformed_length"},
    "unknown_pkg": {"unknown_kind"},
    "unknown_mtype": {"unknown_kind"},
    "unknown_code": {"unknown_kind"},
    "unknown_frame": {"unknown_kind"},
}
