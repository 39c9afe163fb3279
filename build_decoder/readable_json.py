"""JSON files that a person reads: what has nothing inside it stands on one line."""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np

__all__ = ["write_json"]

_INNERMOST = re.compile(r"[\[{]\n[^\[\]{}]*\n\s*[\]}]")
_LONGEST = 96


def write_json(path: Path, content: Any) -> None:
    """Write ``content``, whose numbers may be NumPy's, into the file ``path``."""
    text = json.dumps(content, indent=2, default=np.generic.item)
    path.write_text(_INNERMOST.sub(_on_one_line, text) + "\n")


def _on_one_line(match: re.Match) -> str:
    # JSON text has no line break within a string.
    lines = [line.strip() for line in match[0].split("\n")]
    line = f"{lines[0]}{' '.join(lines[1:-1])}{lines[-1]}"
    return line if len(line) <= _LONGEST or line.startswith("[") else match[0]
