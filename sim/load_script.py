"""What a bench tells a reloadable decoder: words, then a command, and what must come of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from build_decoder.hdl.parts.weight_loader import Command, Error
from build_decoder.hdl.planning.interface import Interface
from build_decoder.sim.errors import CheckFailed

__all__ = [
    "LoadStep",
    "check_commands",
    "cycles_of",
    "image_step",
    "most_lines",
    "write_script",
]

_MOST_IMAGES = 8
_WORD_CYCLES = 34
"""Of a word that is taken, or read back."""


@dataclass(frozen=True, eq=False)
class LoadStep:
    """Words, and a command behind them.

    Parameters
    ----------
    words
        uint32.
    command, error
        The command, and how it must end.
    """

    words: np.ndarray
    command: Command
    error: Error = Error.NONE


def image_step(image: np.ndarray) -> LoadStep:
    """An image that is loaded and committed."""
    return LoadStep(image, Command.COMMIT)


def most_lines(interface: Interface) -> int:
    """Lines of the longest script."""
    return _MOST_IMAGES * ((interface.image_words or 0) + 4)


def cycles_of(script: Sequence[LoadStep], interface: Interface) -> int:
    """Cycles that a script takes, while no frame is waited for."""
    read = sum(step.command is Command.VERIFY for step in script) * interface.image_words
    words = sum(len(step.words) for step in script)
    return _WORD_CYCLES * (words + read) + 16 * len(script)


def write_script(script: Sequence[LoadStep], folder: Path, *, first: bool) -> dict[str, int]:
    """Write ``script.hex``; returns the plusargs of it."""
    lines = []
    for step in script:
        lines += [f"0{int(word):08x}" for word in step.words]
        lines.append(f"{step.command.value:x}{0:08x}")
    # A file of no lines is one that is not understood.
    (folder / "script.hex").write_text("\n".join(lines or ["0" * 9]) + "\n")
    return {"script": len(lines), "script_first": int(first)}


def check_commands(
    interface: Interface, script: Sequence[LoadStep], run_dir: Path
) -> list[tuple[int, int]]:
    """Fingerprint in use behind each command of a run, and the frames that had come out.

    Raises
    ------
    CheckFailed
        If a command did not end, or not as the script says, or the decoder's layout is another.
    """
    if not script:
        return []
    rows = np.loadtxt(Path(run_dir) / "commands.txt", dtype=np.int64, ndmin=2).tolist()
    if len(rows) != len(script):
        raise CheckFailed(
            f"loading weights: expected {len(script)} commands that end, got {len(rows)} "
            f"({run_dir})"
        )
    found = []
    for number, (step, row) in enumerate(zip(script, rows, strict=True)):
        command, error, _, fingerprint, frames, layout_id = row
        got = Command(command), Error(error)
        if got != (step.command, step.error) or layout_id != interface.layout_id:
            raise CheckFailed(
                f"loading weights: command {number}: expected {step.command.name} to end with "
                f"{step.error.name} and layout {interface.layout_id:#x}, got {got[0].name}, "
                f"{got[1].name} and {layout_id:#x} ({run_dir})"
            )
        found.append((fingerprint, frames))
    return found
