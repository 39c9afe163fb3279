"""Other generators: which there are, and how one is run by the Python of its own environment.

A script of this folder gets a folder, reads ``given.npz`` there (:func:`bench.peers.given.give`),
and leaves ``made.json`` and ``made.npz``. It imports nothing of this project.
"""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from build_decoder.bench.peers.simulated import Simulated
from build_decoder.models.errors import InputError, ToolError

__all__ = ["TOOLS", "Made", "Tool"]


@dataclass(frozen=True, eq=False)
class Made:
    """What a tool made of a network.

    Attributes
    ----------
    version
        Of the tool.
    seconds
        CPU time of the tool, from the network to its Verilog.
    top
        Name of the top module.
    verilog, data
        Files of it, and those that it reads memories from.
    outputs
        Real outputs (samples, outputs) of the tool's own model for all samples.
    arrays
        What else there is in ``made.npz``.
    pipeline_cycles
        Latency of a pipeline that :func:`bench.peers.parallel.simulate` takes; None of others.
    simulated
        What the tool's own test bench found; None of a pipeline.
    """

    version: str
    seconds: float
    top: str
    verilog: tuple[Path, ...]
    data: tuple[Path, ...]
    outputs: np.ndarray
    arrays: dict[str, np.ndarray]
    pipeline_cycles: int | None = None
    simulated: Simulated | None = None


@dataclass(frozen=True)
class Tool:
    """Another generator.

    Parameters
    ----------
    name
        Its Python distribution, and the option that gives the Python of its environment.
    module
        What that Python must be able to import.
    script
        File in this folder.
    """

    name: str
    module: str
    script: str

    @property
    def option(self) -> str:
        """The option of the command line."""
        return f"--{self.name}"

    def require(self, python: str) -> None:
        """Check that ``python`` has the tool.

        Raises
        ------
        InputError
            If it has not.
        """
        expected = f"the Python of an environment with {self.name}"
        try:
            run = _run([python, "-c", f"import {self.module}"])
        except OSError as error:
            raise InputError.at(
                self.option, "", expected=expected, got=f"{python}: {error.strerror}"
            ) from None
        if run.returncode:
            raise InputError.at(
                self.option, "", expected=expected, got=f"{python}: {_last_line(run.stderr)}"
            )

    def make(self, python: str, folder: Path) -> Made:
        """What the tool makes of the network in ``folder``.

        Raises
        ------
        ToolError
            If its script fails, or leaves no answer.
        """
        script = Path(__file__).parent / self.script
        run = _run([python, str(script), str(folder.resolve())])
        if run.returncode:
            raise ToolError(f"{self.name}: {_last_line(run.stderr)}")
        try:
            said = json.loads((folder / "made.json").read_text())
            with np.load(folder / "made.npz") as arrays:
                arrays = dict(arrays)
            for key in ("verilog", "data"):
                said[key] = tuple(map(Path, said[key]))
            if (found := said.pop("simulated", None)) is not None:
                said["simulated"] = Simulated(**found)
            return Made(**said, outputs=arrays.pop("outputs"), arrays=arrays)
        except (OSError, KeyError, TypeError, ValueError) as error:
            raise ToolError(
                f"{self.name}: expected an answer in made.json and made.npz, got {error!r}"
            ) from None


def _run(command: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace"
    )


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or ["it ended with an error and said nothing"])[-1]


TOOLS = (Tool("da4ml", "da4ml", "run_da4ml.py"), Tool("nngen", "nngen", "run_nngen.py"))
"""In the order of the table."""
