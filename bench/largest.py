"""The largest MLP that fits a board, and what stops the next one.

``python -m build_decoder.bench.largest`` searches, in steps of some neurons, for the most neurons
of the hidden layer of an 800-H-2 network whose decoder is within the board's FPGA, by estimates of
the area model, of every number of neurons a cycle. It builds that one up to a bitstream that meets
``--clock``, and steps back until one does; then it tries the next larger one, and prints why that
is refused.

Networks have random hidden weights, sigmoids, and an output layer that is fitted to the classes by
ridge regression: any number of neurons can be had so in seconds, and none is superfluous. Formats
are those of the search without pruning, ``--search widths``.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from build_decoder import boards
from build_decoder.actions import design
from build_decoder.api import BuildStopped, build
from build_decoder.boards.board import Board
from build_decoder.build_folder import BuildFolder
from build_decoder.hdl.planning.area import Area
from build_decoder.hdl.planning.area.plans import decoder_area
from build_decoder.models.arguments import LineParser
from build_decoder.models.command import exit_status
from build_decoder.models.errors import InputError
from build_decoder.models.layers.dense import Dense
from build_decoder.models.network import Network
from build_decoder.options import HardwareOptions

__all__ = ["main"]

_INPUTS, _CLASSES, _SAMPLES = 800, 2, 1024
_STEP = 32
"""Neurons."""

_CLOCK_MHZ = 40
"""Memories of many block RAMs are slower than the board's own clock."""

_SHELL = Area(lut=1500, ff=800, bram=4)
"""Kept free for the board's shell."""

_FOLDS = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64)
"""Passes over a frame that are tried."""


def _decoder(hidden: int) -> tuple[Network, dict[str, np.ndarray]]:
    """A network, and golden data that its output layer was not fitted to."""
    random = np.random.default_rng(1)
    labels = random.integers(0, _CLASSES, 2 * _SAMPLES)
    means = random.uniform(2, 8, (_CLASSES, _INPUTS))
    x = np.clip(np.rint(random.normal(means[labels], 3)), 0, 15)
    weights = random.normal(0, (_INPUTS * x.var()) ** -0.5, (_INPUTS, hidden))
    bias = -x.mean(axis=0) @ weights
    values = 1 / (1 + np.exp(-(x @ weights + bias)))
    fitted, unseen = values[:_SAMPLES], slice(_SAMPLES, None)
    wanted = np.eye(_CLASSES)[labels[:_SAMPLES]]
    covariance = np.cov(fitted.T) + fitted.var() * np.eye(hidden)
    readout = np.linalg.solve(covariance, np.cov(fitted.T, wanted.T)[:hidden, hidden:])
    offset = wanted.mean(axis=0) - fitted.mean(axis=0) @ readout
    layers = [
        (Dense(hidden, "sigmoid"), {"weights": weights, "bias": bias}),
        (Dense(_CLASSES, "linear"), {"weights": readout, "bias": offset}),
    ]
    golden = {
        "x": x[unseen], "y": values[unseen] @ readout + offset, "labels": labels[unseen]
    }
    return Network.chain(f"mlp_{hidden}", _INPUTS, layers), golden


@dataclass(frozen=True)
class _Candidate:
    """A network, the neurons a cycle for which it takes least, and what it lacks of the FPGA."""

    hidden: int
    neurons: int
    area: Area
    missing: tuple[str, ...]


class _Search:
    """Candidates of a board, whose builds are below ``folder``."""

    def __init__(self, board: Board, folder: Path, clock_mhz: float = _CLOCK_MHZ):
        self.board, self.folder = board, folder
        self._options = {"board": board.name, "search": "widths", "clock": clock_mhz}

    def planned(self, hidden: int) -> _Candidate:
        """The candidate of so many neurons, by estimates; prints a line."""
        network, golden = _decoder(hidden)
        output = self.folder / "formats"
        build(network, golden, output=output, stop_after="quantise", **self._options)
        model = BuildFolder(output).load_model()
        found = [self._folded(model, -(-hidden // passes)) for passes in _FOLDS]
        best = min(found, key=lambda each: (len(each.missing), self.board.family.cost(each.area)))
        weight = model.layers[0].weight
        print(
            f"800-{hidden}-2: {best.neurons} neurons a cycle, weights {weight} of {weight.width} "
            f"bits, estimated {best.area.lut:.0f} LUT, {best.area.dsp:.0f} DSP, "
            f"{best.area.bram:.0f} block RAMs: {', '.join(best.missing) or 'fits'}",
            flush=True,
        )
        return best

    def _folded(self, model, neurons: int) -> _Candidate:
        capacity = self.board.capacity
        options = HardwareOptions(outputs_per_cycle=(neurons, _CLASSES))
        plan = design(model, options, family=self.board.family, max_blocks=capacity.dsp)
        area = decoder_area(plan, self.board.family)
        missing = tuple(
            f"{getattr(area + _SHELL, kind):.0f} {name} of {getattr(capacity, kind)}"
            for kind, name in (("lut", "LUT"), ("ff", "FF"), ("bram", "block RAMs"))
            if getattr(area + _SHELL, kind) > getattr(capacity, kind)
        )
        return _Candidate(model.layers[0].units, neurons, area, missing)

    def largest(self) -> _Candidate:
        """The most neurons that fit, by estimates."""
        low, high = None, _STEP
        while not (candidate := self.planned(high)).missing:
            low, high = candidate, 2 * high
        if low is None:
            raise InputError(f"{self.board.name}: expected {_STEP} neurons to fit, got none")
        while high - low.hidden > _STEP:
            middle = (low.hidden + high) // 2 // _STEP * _STEP
            candidate = self.planned(middle)
            if candidate.missing:
                high = middle
            else:
                low = candidate
        return low

    def built(self, candidate: _Candidate) -> bool:
        """Whether there is a bitstream of a candidate; prints what is built, or why none is."""
        network, golden = _decoder(candidate.hidden)
        output = self.folder / network.name
        folded = [candidate.neurons, _CLASSES]
        try:
            made = build(
                network, golden, output=output, outputs_per_cycle=folded, **self._options
            )
        except (InputError, BuildStopped) as error:
            print(f"800-{candidate.hidden}-2: {error}", flush=True)
            return False
        report = made.report
        placed = (f"{count} {kind}" for kind, count in report["placed_resources"].items())
        print(
            f"800-{candidate.hidden}-2: a bitstream with {', '.join(placed)}, "
            f"{report['fmax_mhz']:.1f} MHz for {report['clock_mhz']:g}, "
            f"{report['frame_cycles']:,} cycles a frame, "
            f"{report['vectors_checked']} frames in Verilog, {report['mismatches']} mismatches",
            flush=True,
        )
        return True


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; its exit status: 0, 1 no bitstream, 2 bad input, 3 no tools."""
    return exit_status(lambda: _run(argv), prefix="bench.largest: ", tools=True)


def _run(argv: Sequence[str] | None) -> int:
    parser = LineParser(
        prog="python -m build_decoder.bench.largest", description=__doc__.split("\n")[0]
    )
    parser.add_argument("--board", default="ulx3s_85f", help="of the open toolchain (ulx3s_85f)")
    parser.add_argument(
        "--clock", type=float, default=_CLOCK_MHZ, metavar="MHZ", help=f"({_CLOCK_MHZ})"
    )
    parser.add_argument("--output", type=Path, default=Path("build/largest"))
    asked = parser.parse_args(argv)
    search = _Search(boards.get(asked.board), asked.output, asked.clock)
    candidate = search.largest()
    while not search.built(candidate):
        if candidate.hidden <= _STEP:
            return 1
        candidate = search.planned(candidate.hidden - _STEP)
    search.built(search.planned(candidate.hidden + _STEP))
    return 0


if __name__ == "__main__":
    sys.exit(main())
