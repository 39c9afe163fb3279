"""Warnings in the logs of place and route tools that users should know."""

import re
from collections import Counter
from pathlib import Path

__all__ = ["warnings_of"]

_MATTER = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        # nextpnr
        r"ignoring unsupported XDC",
        r"found (set_property|create_clock) with",
        r"unconstrained IO|has no LOC|no clocks found in design",
        r"(hold/min|min) time violation",
        r"unprocessed route-thru",
        r"failed to find a route|unrouteable|unrouted",
        r"timing analysis failed",
        # Vivado
        r"^critical warning",
    )
)
_MOST_LINES = 4
_LONGEST = 160


def warnings_of(*logs: Path) -> list[str]:
    """Warnings in logs that may make another design of what was asked for, a few a log.

    Those that differ in numbers and names in quotes alone are told once, with their count.
    """
    told = []
    for log in logs:
        if not log.exists():
            continue
        first, count = {}, Counter()
        for line in log.read_text(errors="replace").splitlines():
            if any(pattern.search(line) for pattern in _MATTER):
                kind = re.sub(r"'[^']*'|\d+", "*", line)
                first.setdefault(kind, line.strip().rstrip(":"))
                count[kind] += 1
        for kind, line in list(first.items())[:_MOST_LINES]:
            times = f" ({count[kind]} times)" if count[kind] > 1 else ""
            shown = line if len(line) <= _LONGEST else line[:_LONGEST] + "..."
            told.append(f"{shown}{times}: see {log}")
        if len(first) > _MOST_LINES:
            told.append(f"{len(first) - _MOST_LINES} more kinds of warnings: see {log}")
    return told
