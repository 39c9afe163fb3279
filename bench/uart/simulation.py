"""A UART shell's Verilog under cocotb, at a serial port that programs open."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from build_decoder.bench.compiled_shell import compiled_shell
from build_decoder.bench.uart.wrapper import SHELL, wrapper
from build_decoder.boards.shell import Shell
from build_decoder.hdl.family import Family

__all__ = ["UartSimulation"]

_DRIVER = "build_decoder.bench.uart.driver"


class UartSimulation:
    """A shell, compiled once, on which programs run.

    Parameters
    ----------
    shell
        The shell.
    work_dir
        Folder for the bench and its runs.
    family
        FPGA family whose blocks the Verilog instantiates; None for behaviour alone.
    sources
        Verilog of modules that the shell instantiates.

    Raises
    ------
    ToolError
        If there is no Verilator or the Verilog does not compile.
    """

    def __init__(
        self,
        shell: Shell,
        work_dir: Path,
        *,
        family: Family | None = None,
        sources: Sequence[Path] = (),
    ):
        self._shell = shell
        self._folder = Path(work_dir)
        self._simulator = compiled_shell(
            shell, SHELL, wrapper(shell.divisor), self._folder, family=family,
            sources=sources,
        )

    def run(
        self,
        program: str,
        *,
        arrays: Mapping[str, np.ndarray] | None = None,
        settings: Mapping[str, object] | None = None,
        baud: int = 1_000_000,
        seed: int = 1,
    ) -> dict:
        """Run a program, and return what it returned, with counters of the bench.

        Parameters
        ----------
        program
            ``module:function`` of a function of a `board.Board`.
        arrays, settings
            What it finds as ``board.arrays`` and ``board.settings``.
        baud
            What programs take the line's rate for; in the simulation it is that of the shell.
        seed
            Of bits that registers without an initial value start with.

        Raises
        ------
        ToolError
            If it broke off.
        """
        run_dir = self._folder / "run"
        run_dir.mkdir(exist_ok=True)
        np.savez(run_dir / "arrays.npz", **(arrays or {}))
        job = {
            "program": program,
            "settings": dict(settings or {}),
            "divisor": self._shell.divisor,
            "baud": baud,
            "interface": self._shell.link.interface.as_json(),
        }
        (run_dir / "job.json").write_text(json.dumps(job))
        self._simulator.run(
            self._folder / "build", run_dir,
            log=self._folder / "simulation.log", plusargs={}, seed=seed, driver=_DRIVER,
        )  # fmt: skip
        return json.loads((run_dir / "counters.json").read_text())
