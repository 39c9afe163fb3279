"""JSON files that a person reads: what has nothing inside it stands on one line."""

import json
import re
from pathlib import Path
from typing import Any

from build_decoder.models.plain import plain

__all__ = ["write_json"]

_INNERMOST = re.compile(r"[\[{]\n[^\[\]{}]*\n\s*[\]}]")
_LONGEST = 96


def write_json(path: Path, content: Any) -> None:
    """Write ``content`` into the file ``path``; see :func:`models.plain.plain`."""
    text = json.dumps(plain(content), indent=2)
    path.write_text(_INNERMOST.sub(_on_one_line, text) + "\n")


def _on_one_line(match: re.Match) -> str:
    # JSON text has no line break within a string.
    lines = [line.strip() for line in match[0].split("\n")]
    line = f"{lines[0]}{' '.join(lines[1:-1])}{lines[-1]}"
    return line if len(line) <= _LONGEST or line.startswith("[") else match[0]
