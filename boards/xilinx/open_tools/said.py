"""What tools say of themselves and of their errors."""

from __future__ import annotations

import re
import subprocess

__all__ = ["error_lines", "version"]

_MOST_LINES = 3
_VERSION_SECONDS = 60


def error_lines(*texts: str) -> str:
    """The last lines of logs that speak of an error, or the last ones at all, on one line."""
    lines = [line.strip() for text in texts for line in text.splitlines() if line.strip()]
    chosen = [line for line in lines if "error" in line.lower()] or lines
    return " / ".join(chosen[-_MOST_LINES:]) or "it said nothing"


def version(program: str) -> str | None:
    """Version of a nextpnr; None if it does not tell."""
    try:
        answer = subprocess.run(
            [program, "--version"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            timeout=_VERSION_SECONDS,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return None
    told = re.search(r"\(Version ([^)\n]+)\)", answer.stdout.decode(errors="replace"))
    return told.group(1) if told else None
