"""Images of other sessions' networks, loaded over a board's links while frames run.

python -m build_decoder.bench.reload_links --days DIR [--network NAME ...] [--link LINK ...]

Networks of other sessions are trained by the recipe of a shipped network into ``DIR``, unless they
are there already, and recalibrated into the formats of its reloadable decoder. The decoder's
Verilog, with the blocks of the 7 series and its board's shell around it, is simulated, and the
drivers of the host load one image after the other, while frames run: over ``uart``, at the rate of
the board or ``--baud N``, frames and requests of the image take turns; over ``axi``, frames come
from memory. Each frame's outputs must be those of the model that its position in time demands.

Prints a row for each link and network: images; all frames, and those that were computed while an
image was being loaded; frames that no model makes, and all that are not as they must be; cycles
from the first request or word of an image to the end of its COMMIT, the most of them, and seconds
of these at the board's clock; and seconds of the simulation. Exits with status 1 if a frame is not
as it must be.
"""

import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from build_decoder.actions import design, search
from build_decoder.bench.axi.simulation import AxiSimulation
from build_decoder.bench.loaded_frames import telling_frames
from build_decoder.bench.sessions import SEEDS, Case, case_of, trained
from build_decoder.bench.uart.simulation import UartSimulation
from build_decoder.boards.axi.shell import AxiShell
from build_decoder.boards.pynq_z1 import BOARD
from build_decoder.boards.shell import Shell
from build_decoder.boards.uart import divisor_for
from build_decoder.hdl.planning.decoder_plan import DecoderPlan
from build_decoder.hdl.reloadable_decoder import decoder_of
from build_decoder.models.arguments import LineParser, filled_path, whole_number
from build_decoder.models.command import exit_status
from build_decoder.options import HardwareOptions, SearchOptions
from build_decoder.quant.recalibration import recalibrate
from build_decoder.sim.errors import CheckFailed

__all__ = ["LINKS", "Loads", "loads_of", "main"]

_WORD_CYCLES = 45
"""Cycles, and more, that a word takes over AXI."""


@dataclass(frozen=True)
class Loads:
    """What is loaded, and what must come of it.

    Attributes
    ----------
    words
        Images (images, words).
    x_raw
        Frames (frames, inputs), each of which tells each model from the next.
    expected
        What each model makes of them (1 + images, frames, outputs), the build's first.
    """

    words: np.ndarray
    x_raw: np.ndarray
    expected: np.ndarray

    def first(self, frames: int) -> dict[str, np.ndarray]:
        """Arrays of as many frames, which come again where there are fewer."""
        places = np.arange(frames) % len(self.x_raw)
        return {
            "words": self.words, "x_raw": self.x_raw[places], "expected": self.expected[:, places]
        }  # fmt: skip


def loads_of(plan: DecoderPlan, shipped: Case, days: Sequence[Case]) -> Loads:
    """Images of other days' networks for a built decoder, and frames of these days.

    Raises
    ------
    InputError
        If the decoder does not take one of them.
    CheckFailed
        If no frame tells them apart.
    """
    models = [plan.model]
    for network, golden in days:
        found = recalibrate(plan.model, shipped[0], network, golden, max_loss=1.0)
        models.append(found.model)
    x_raw = plan.model.quantise_input(np.concatenate([golden.x for _, golden in days]))
    expected = np.stack([model.compute(x_raw) for model in models])
    telling = telling_frames(x_raw, expected)
    if not len(telling):
        raise CheckFailed("expected frames that tell each model from the next, got none")
    words = np.stack([plan.image_layout.image(model) for model in models[1:]])
    return Loads(words, x_raw[telling], expected[:, telling])


def over_uart(
    plan: DecoderPlan, loads: Loads, work_dir: Path, *, baud: int = BOARD.baud
) -> dict:
    """Counts of a run over the UART of `boards.shell.Shell`, at a rate that its clock gives."""
    divisor = divisor_for(BOARD.clock_mhz, baud)
    shell = Shell(decoder_of(plan), divisor=divisor)
    simulation = UartSimulation(shell, work_dir, family=BOARD.family)
    found = simulation.run(
        "build_decoder.bench.uart.scenarios:by_loading", arrays=loads.first(len(loads.x_raw)),
        baud=baud,
    )  # fmt: skip
    return _checked(found, "repeated", "rejected", "broken")


def over_axi(plan: DecoderPlan, loads: Loads, work_dir: Path) -> dict:
    """Counts of a run over the bus of `boards.axi.shell.AxiShell`."""
    simulation = AxiSimulation(AxiShell(decoder_of(plan)), work_dir, family=BOARD.family)
    frames = _WORD_CYCLES * loads.words.shape[1] // plan.interface.frame_cycles + 8
    found = simulation.run(
        "build_decoder.bench.axi.loaded:by_loading_meanwhile", arrays=loads.first(frames)
    )
    return _checked(found, "faults", "ERRORS")


def _checked(found: dict, *none: str) -> dict:
    faults = {name: found[name] for name in none if found[name]}
    if faults:
        raise CheckFailed(f"expected no faults of the link, got {faults}")
    return found


LINKS: dict[str, Callable[..., dict]] = {"uart": over_uart, "axi": over_axi}
"""What loads, by the name of the link."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table; returns the exit status."""
    return exit_status(lambda: _run(arguments), failures={CheckFailed: 1}, tools=True)


def _run(arguments: Sequence[str] | None) -> int:
    parser = LineParser(prog="python -m build_decoder.bench.reload_links")
    parser.add_argument("--days", type=filled_path, required=True, metavar="DIR")
    parser.add_argument("--network", choices=SEEDS, nargs="+", default=[*SEEDS])
    parser.add_argument("--link", choices=LINKS, nargs="+", default=[*LINKS])
    parser.add_argument("--seeds", type=whole_number(0, 2**31 - 1), nargs="+")
    parser.add_argument("--epochs", type=whole_number(1, 10_000), help="at most")
    parser.add_argument(
        "--baud", type=whole_number(300, 25_000_000), default=BOARD.baud,
        help=f"rate of the UART (default: {BOARD.baud}); higher ones are simulated sooner",
    )
    options = parser.parse_args(arguments)
    print("| link | network | images | frames | meanwhile | mixed | mismatches | cycles a load | "
          "ms a load | s |")
    print("|---" * 10 + "|")
    right = True
    for name in options.network:
        seeds = options.seeds or SEEDS[name]
        days = [trained(name, options.days, seed, options.epochs) for seed in seeds]
        shipped, family = case_of(name), BOARD.family
        model = search(*shipped, SearchOptions(), family=family, reloadable=True).model
        plan = design(model, HardwareOptions(reloadable=True), family=family)
        loads = loads_of(plan, shipped, days)
        for link in options.link:
            start = time.perf_counter()
            with tempfile.TemporaryDirectory() as folder:
                how = {"baud": options.baud} if link == "uart" else {}
                found = LINKS[link](plan, loads, Path(folder), **how)
            right &= not found["mismatches"]
            cycles = max(found["cycles_a_load"])
            cells = (
                link, name, len(loads.words), found["frames"], found["meanwhile"], found["mixed"],
                found["mismatches"], f"{cycles:,}", f"{cycles / BOARD.clock_mhz / 1000:.1f}",
                f"{time.perf_counter() - start:.0f}",
            )  # fmt: skip
            print(f"| {' | '.join(map(str, cells))} |", flush=True)
    return 0 if right else 1


if __name__ == "__main__":
    sys.exit(main())
