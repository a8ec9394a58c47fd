"""How commands print what pages say: for machines as JSON lines, for people without control characters."""

from __future__ import annotations

import json
import re
import sys
from typing import Any

# A page's text must not be able to steer the reader's terminal: controls, and overrides of direction.
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def echo_records(records: list[dict[str, Any]]) -> None:
    # Bytes, because the terminal's encoding may not have every script.
    stream = sys.stdout.buffer
    for record in records:
        stream.write(json.dumps(record, ensure_ascii=False).encode() + b"\n")
    stream.flush()


def plain(text: str) -> str:
    return _CONTROLS.sub("", text)
