"""What a decoder takes and does on a processor's bus.

``python -m build_decoder.bench.axi BUILD`` prints one line of JSON. ``resources`` has those after
synthesis, of the decoder alone and in each shell (see hdl.cells.Resources for how they are
counted). ``cycles_a_frame`` has the decoder's own, and those that golden samples took through a
simulated shell: through the windows at GP0, by single words and by bursts of up to 16, from the
first word written to the last one read, STATUS asked in between; from and to memory at HP0; and
beside them, through the shell of a UART at the rate of a PYNQ-Z1, by the host's driver, which sends
a frame when it has the outputs of the one before. The simulated processor and memory answer at
once, unless they stall at random. ``frames_a_second`` are those of these cycles at a PYNQ-Z1's
clock. All outputs are compared with the integer model. ``NETWORK`` in the place of a build is built
first, for the 7 series.
"""

import json
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np

from build_decoder.bench.axi.simulation import AxiSimulation
from build_decoder.bench.uart.simulation import UartSimulation
from build_decoder.boards.axi.packing import frame_bytes
from build_decoder.boards.axi.shell import AxiLiteShell, AxiShell
from build_decoder.boards.pynq_z1 import BOARD
from build_decoder.boards.shell import Shell
from build_decoder.boards.uart import divisor_for
from build_decoder.given_build import add_build_arguments, given_build
from build_decoder.hdl import families
from build_decoder.hdl.decoder import Decoder
from build_decoder.hdl.export import to_verilog
from build_decoder.hdl.planning.decoder_plan import DecoderPlan
from build_decoder.models.arguments import LineParser
from build_decoder.models.command import exit_status
from build_decoder.options.types import at_least
from build_decoder.sim.errors import CheckFailed
from build_decoder.sim.synthesis import synthesise
from build_decoder.stages.rtl import Chip

__all__ = ["main", "over_uart", "resources", "throughput"]

_FAMILY = families.get("xc7")
_SCENARIOS = "build_decoder.bench.axi.scenarios:"
_UART_FRAMES = 10
_SHELLS = {
    "decoder": lambda decoder: decoder,
    "axi_lite": AxiLiteShell,
    "axi_without_dma": lambda decoder: AxiShell(decoder, dma=False),
    "axi": AxiShell,
}


def resources(plan: DecoderPlan, work_dir: Path) -> dict[str, dict]:
    """Resources of the decoder alone and in each shell, synthesised for the 7 series.

    Raises
    ------
    ToolError
        If Yosys is missing or stops with an error.
    """
    found = {}
    for name, shell in _SHELLS.items():
        source = work_dir / f"{name}.v"
        source.write_text(to_verilog(shell(Decoder(plan)), name=name, family=_FAMILY))
        result = synthesise(source, _FAMILY, work_dir / name, top=name)
        found[name] = asdict(result.resources)
    return found


def throughput(
    plan: DecoderPlan, x_raw: np.ndarray, y_raw: np.ndarray, work_dir: Path, *, seed: int | None
) -> dict[str, float]:
    """Cycles a frame of each way through the shell.

    Parameters
    ----------
    x_raw, y_raw
        Frames, and what the integer model makes of them.
    seed
        Of random stalls on all channels; None for none.

    Raises
    ------
    CheckFailed
        If an output differs, or the shell breaks a rule of its bus.
    ToolError
        If there is no Verilator.
    """
    interface = plan.interface
    x_raw = interface.in_order(x_raw)
    simulation = AxiSimulation(AxiShell(Decoder(plan)), work_dir)
    source = 0x1000 - 8  # the first burst ends at a boundary of 4 KiB
    size = len(x_raw) * frame_bytes(interface.input_format, interface.input_count)
    target = (source + size + 0x2000) & ~0xFFF
    memory = {"source": source, "target": target, "counts": [len(x_raw)]}
    ways = {
        "gp0_words": ("by_windows", {"bursts": False, "ask_cycles": True}),
        "gp0_bursts": ("by_windows", {"bursts": True}),
        "hp0": ("by_memory", memory),
    }
    cycles = {"decoder": interface.frame_cycles}
    for way, (scenario, settings) in ways.items():
        found = simulation.run(
            _SCENARIOS + scenario, arrays={"x_raw": x_raw, "y_raw": y_raw}, settings=settings,
            stalls=seed is not None, seed=seed or 0,
        )  # fmt: skip
        wrong = {
            name: found[name]
            for name in ("mismatches", "faults", "spilt", "ERRORS") if found.get(name)
        }
        if wrong or found["FRAMES_OUT"] != len(x_raw):
            raise CheckFailed(f"{way}: expected {len(x_raw)} frames and no faults, got {found}")
        cycles[way] = found["cycles"] / len(x_raw)
    return cycles


def over_uart(
    plan: DecoderPlan, x_raw: np.ndarray, y_raw: np.ndarray, work_dir: Path
) -> float:
    """Cycles a frame through the shell of a UART, of the first few frames.

    Raises
    ------
    CheckFailed
        If an output differs, or a request had to be rejected.
    ToolError
        If there is no Verilator.
    """
    shell = Shell(Decoder(plan), divisor=divisor_for(BOARD.clock_mhz, BOARD.baud))
    arrays = {"x_raw": x_raw[:_UART_FRAMES], "y_raw": y_raw[:_UART_FRAMES]}
    frames = len(arrays["x_raw"])
    found = UartSimulation(shell, work_dir).run(
        "build_decoder.bench.uart.scenarios:by_frames", arrays=arrays, baud=BOARD.baud
    )
    if any(found[name] for name in ("mismatches", "rejected", "broken")):
        raise CheckFailed(f"uart: expected {frames} frames and no faults, got {found}")
    return found["cycles"] / frames


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit status: 0, 1 a mismatch, 2 bad input, 3 no tools."""
    return exit_status(
        lambda: _run(argv), prefix="bench.axi: ", failures={CheckFailed: 1}, tools=True
    )


def _run(argv: Sequence[str] | None) -> int:
    parser = LineParser(
        prog="python -m build_decoder.bench.axi", description=__doc__.split("\n")[0]
    )
    add_build_arguments(parser)
    parser.add_argument(
        "--frames", type=at_least(1), default=20, metavar="N", help="golden samples (20)"
    )
    parser.add_argument("--stalls", type=at_least(0), metavar="SEED", help="random stalls (none)")
    arguments = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        build = given_build(parser, argv, folder / "build", chip=Chip(_FAMILY))
        design, plan = build.load_plan()
        frames = [raw[: arguments.frames] for raw in build.load_expected(design.interface)]
        cycles = throughput(plan, *frames, folder / "simulation", seed=arguments.stalls)
        cycles["uart"] = over_uart(plan, *frames, folder / "uart")
        figures = {
            "network": plan.model.name,
            "frames": len(frames[0]),
            "cycles_a_frame": cycles,
            "frames_a_second": {
                way: round(BOARD.clock_mhz * 1e6 / count) for way, count in cycles.items()
            },
            "resources": resources(plan, folder),
        }
    print(json.dumps(figures))
    return 0


if __name__ == "__main__":
    sys.exit(main())
