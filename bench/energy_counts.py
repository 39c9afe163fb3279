"""What takes energy in a decoder: cells of its netlist, and toggles that were counted."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from build_decoder.build_folder import BuildFolder
from build_decoder.hdl.cells import Resources
from build_decoder.hdl.planning.interface import Interface
from build_decoder.models.errors import InputError
from build_decoder.sim.decoder_bench import ExportedDecoder
from build_decoder.sim.synthesis import synthesise
from build_decoder.sim.toggles import Toggles, count_toggles

__all__ = ["BESIDES", "Counted", "count_decoder", "golden_frames"]

BESIDES = 2
"""Frames that are needed besides those that are counted: one ahead and one behind."""

_CARRY_CELLS = ("CARRY4",)


@dataclass(frozen=True)
class Counted:
    """A netlist's resources, and its toggles on some frames."""

    resources: Resources
    toggles: Toggles

    @property
    def frame_cycles(self) -> int:
        """Cycles from one frame to the next."""
        return self.toggles.cycles // self.toggles.frames

    @property
    def nets(self) -> float:
        """Toggles of nets of the general routing, a cycle."""
        return self._a_cycle(lambda type: True)

    @property
    def carries(self) -> float:
        """Those of them that carry chains drive."""
        return self._a_cycle(lambda type: type in _CARRY_CELLS)

    def _a_cycle(self, counts: Callable[[str], bool]) -> float:
        by_type = self.toggles.routed_by_type().items()
        return sum(count for type, count in by_type if counts(type)) / self.toggles.cycles


def count_decoder(
    decoder: ExportedDecoder, x_raw: np.ndarray, y_raw: np.ndarray, folder: Path
) -> Counted:
    """Synthesise a decoder, and count the netlist's toggles on all frames but two.

    Parameters
    ----------
    decoder
        A decoder's Verilog, with its family.
    x_raw, y_raw
        Raw int64 inputs (frames, inputs) and expected outputs (frames, outputs).
    folder
        For everything that is made on the way.

    Raises
    ------
    ToolError
        If Yosys or Verilator is missing, or stops with an error.
    CheckFailed
        If the netlist does not give ``y_raw``.
    """
    synthesis = synthesise(decoder.source, decoder.family, folder / "synthesis")
    toggles = count_toggles(decoder, synthesis.netlist_json, x_raw, y_raw, folder / "toggles")
    return Counted(synthesis.resources, toggles)


def golden_frames(
    build: BuildFolder, interface: Interface, frames: int
) -> tuple[np.ndarray, np.ndarray]:
    """Raw inputs and outputs of a build's golden frames, as many as it takes to count ``frames``.

    Raises
    ------
    InputError
        If there are not so many.
    """
    x_raw, y_raw = build.load_expected(interface)
    needed = frames + BESIDES
    if len(x_raw) < needed:
        raise InputError.at(
            str(build.path), "", expected=f"{needed} golden frames, for what is counted and one "
            "ahead and one behind it", got=str(len(x_raw)),
        )
    return x_raw[:needed], y_raw[:needed]
