"""This project's rows."""

import os
from collections.abc import Iterator
from pathlib import Path

from build_decoder.bench.peers.given import accuracy, check
from build_decoder.bench.peers.table import Row
from build_decoder.build_folder import BuildFolder
from build_decoder.given_build import make_rtl
from build_decoder.hdl.families.xc7 import FAMILY
from build_decoder.models.files.load import load_network
from build_decoder.models.golden import load_golden
from build_decoder.options import DesignOptions
from build_decoder.sim.decoder_bench import decoder_bench
from build_decoder.sim.synthesis import synthesise
from build_decoder.stages.rtl import Chip

__all__ = ["own_rows"]

_DESIGNS = (
    ("", ()),
    (", bit heaps", ("--datapath", "heap")),
    (", bit heaps of 4 planes at most", ("--datapath", "heap", "--interval", "4")),
)


def own_rows(network: str, folder: Path) -> Iterator[tuple[Row, BuildFolder]]:
    """Each design's row, and its build below ``folder``.

    Raises
    ------
    InputError
        If the network is none, or is not of a kind that all tools take.
    ToolError
        If Yosys or the simulator is missing or fails.
    """
    loaded = load_network(network)
    check(loaded, load_golden(network, loaded))
    for number, (label, options) in enumerate(_DESIGNS):
        yield _row(network, label, options, folder / f"own{number}")


def _row(
    network: str, label: str, options: tuple[str, ...], folder: Path
) -> tuple[Row, BuildFolder]:
    before = _cpu_seconds()
    build = make_rtl(folder / "build", DesignOptions.parse([network, *options]), Chip(FAMILY))
    seconds = _cpu_seconds() - before
    design, plan = build.load_plan()
    golden = build.load_golden(build.load_network()).unseen
    x_raw = plan.model.quantise_input(golden.x)
    y_raw = plan.model.compute(x_raw)
    bench = decoder_bench(build.exported(design), folder / "bench", frames=len(x_raw))
    result = bench.run(x_raw, y_raw, folder / "run")
    equal = 0 if result.mismatches or result.wrong_times(design.interface) else len(x_raw)
    row = Row(
        network=network,
        tool=f"this project{label}",
        resources=synthesise(build.verilog, FAMILY, folder / "synthesis").resources,
        latency_cycles=design.interface.latency_cycles,
        frame_cycles=design.interface.frame_cycles,
        accuracy=accuracy(golden, plan.model.dequantise_output(y_raw)),
        frames=len(x_raw),
        equal=equal,
        seconds=seconds,
    )
    return row, build


def _cpu_seconds() -> float:
    """Of this process and those that it waited for, Yosys among them."""
    return sum(os.times()[:4])
