"""Toggles: how often each net of a netlist changes while frames run."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from build_decoder.sim.decoder_bench import ExportedDecoder, decoder_bench
from build_decoder.sim.errors import CheckFailed
from build_decoder.sim.meters import read_meters
from build_decoder.sim.named_netlist import DrivenBit, NamedNetlist, named_netlist
from build_decoder.sim.toggle_meter import NetCount, ToggleMeter

__all__ = ["Toggles", "count_toggles"]


@dataclass(frozen=True)
class Toggles:
    """What was counted over some frames, one after the other without a pause.

    No cell has a delay there: a net that changes several times in a cycle on the way to its value
    counts once, or not at all.

    Parameters
    ----------
    netlist
        The netlist, with the names of cells and nets.
    counts
        Of each bit of the netlist that something takes, but for the clock.
    cycles, frames
        Over how many cycles and frames.
    """

    netlist: NamedNetlist
    counts: Mapping[DrivenBit, NetCount]
    cycles: int
    frames: int

    def routed_by_type(self) -> dict[str, int]:
        """Toggles of nets of the general routing, by the type of cell that drives them."""
        found: dict[str, int] = {}
        for bit, count in self.counts.items():
            if bit.routed:
                found[bit.type] = found.get(bit.type, 0) + count.toggles
        return found


def count_toggles(
    decoder: ExportedDecoder,
    netlist_json: Path,
    x_raw: np.ndarray,
    y_raw: np.ndarray,
    work_dir: Path,
) -> Toggles:
    """Toggles of a netlist's nets, on real frames back to back.

    Counting goes from a frame's first input on, the second one's, for a whole number of frames: the
    first and the last of ``x_raw`` are what is ahead and behind.

    Parameters
    ----------
    decoder
        The decoder, whose source is not looked at.
    netlist_json
        Its netlist.
    x_raw, y_raw
        Raw int64 inputs (frames, inputs) and expected outputs (frames, outputs), 3 frames or more.
    work_dir
        Folder for everything that is made on the way.

    Raises
    ------
    ValueError
        If there are less than 3 frames.
    ToolError
        If Yosys or Verilator is missing, or stops with an error.
    CheckFailed
        If the netlist does not give ``y_raw``.
    """
    frames = len(x_raw) - 2
    if frames < 1:
        raise ValueError(f"expected 3 frames or more, got {len(x_raw)}")
    interface = decoder.interface
    netlist = named_netlist(netlist_json, work_dir / "netlist")
    meter = ToggleMeter(
        tuple(f"dut.{bit.net}" for bit in netlist.driven),
        after=interface.input_beats,
        cycles=frames * interface.frame_cycles,
    )
    bench = decoder_bench(
        replace(decoder, source=netlist.verilog),
        work_dir / "bench",
        frames=len(x_raw),
        simulator="verilator",
        meters=[meter],
    )
    result = bench.run(x_raw, y_raw, work_dir / "run")
    if result.mismatches:
        raise CheckFailed(f"netlist: {result.first_mismatch}")
    ((_, counts),) = read_meters(work_dir / "run", [meter])
    if counts is None:
        raise CheckFailed(f"expected {meter.cycles} cycles and one more to be counted, got less")
    return Toggles(
        netlist, dict(zip(netlist.driven, counts, strict=True)), meter.cycles, frames
    )
