"""A shell's Verilog under cocotb, between a processor and a memory of cocotbext-axi."""

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from build_decoder.bench.axi.wrapper import SHELL, wrapper
from build_decoder.bench.compiled_shell import compiled_shell
from build_decoder.boards.axi.shell import AxiLiteShell, AxiShell
from build_decoder.hdl.family import Family

__all__ = ["AxiSimulation"]

_DRIVER = "build_decoder.bench.axi.driver"


class AxiSimulation:
    """A shell, compiled once, on which scenarios run.

    Parameters
    ----------
    shell
        The shell.
    work_dir
        Folder for the bench and its runs.
    family
        FPGA family whose blocks the Verilog instantiates; None for behaviour alone.

    Attributes
    ----------
    registers : RegisterMap

    Raises
    ------
    ToolError
        If there is no Verilator or the Verilog does not compile.
    """

    def __init__(
        self, shell: AxiShell | AxiLiteShell, work_dir: Path, *, family: Family | None = None
    ):
        self.registers = shell.registers
        self._interface = shell.core.interface
        self._lite = isinstance(shell, AxiLiteShell)
        self._folder = Path(work_dir)
        self._simulator = compiled_shell(
            shell, SHELL, wrapper(shell), self._folder, family=family
        )

    def run(
        self,
        scenario: str,
        *,
        arrays: Mapping[str, np.ndarray] | None = None,
        settings: Mapping[str, object] | None = None,
        stalls: bool = False,
        seed: int = 1,
    ) -> dict:
        """Run a scenario, and return what it returned, with ``faults`` and ``cycle`` of the bench.

        Parameters
        ----------
        scenario
            ``module:function`` of an async function of a `machine.Machine`.
        arrays, settings
            What it finds as ``machine.arrays`` and ``machine.settings``.
        stalls
            Whether all channels stall at random.
        seed
            Of all that is random.

        Raises
        ------
        ToolError
            If it broke off.
        """
        run_dir = self._folder / "run"
        run_dir.mkdir(exist_ok=True)
        np.savez(run_dir / "arrays.npz", **(arrays or {}))
        job = {
            "scenario": scenario,
            "settings": dict(settings or {}),
            "stalls": stalls,
            "seed": seed,
            "lite": self._lite,
            "registers": self.registers.as_json(),
            "interface": self._interface.as_json(),
        }
        (run_dir / "job.json").write_text(json.dumps(job))
        self._simulator.run(
            self._folder / "build", run_dir,
            log=self._folder / "simulation.log", plusargs={}, seed=seed, driver=_DRIVER,
        )  # fmt: skip
        return json.loads((run_dir / "counters.json").read_text())
