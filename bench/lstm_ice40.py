"""An LSTM on an iCE40UP5K: cycles, rate, cells and memory after place and route.

``python -m build_decoder.bench.lstm_ice40 --output DIR`` makes a network of random weights, an LSTM
of 32 units on 16 channels over 20 steps and a dense layer of 2 outputs, builds it for the
iCEBreaker at 24 MHz in DIR, simulation and bitstream included, and prints a row. Its formats are
those of the default search on random inputs, so that widths are those of a regression.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from build_decoder.__main__ import main as build
from build_decoder.build_folder import BuildFolder
from build_decoder.models import Architecture, Input, Network, Node
from build_decoder.models.arguments import LineParser, filled_path
from build_decoder.models.command import exit_status
from build_decoder.models.files.load import save_network
from build_decoder.models.layers.dense import Dense
from build_decoder.models.layers.lstm import Lstm
from build_decoder.models.resources import resources

__all__ = ["main", "random_lstm"]

_STEPS, _CHANNELS, _UNITS, _OUTPUTS = 20, 16, 32, 2
_SAMPLES = 400


def main(argv: Sequence[str] | None = None) -> int:
    """Build it and print its row; returns the exit status of the build."""
    parser = LineParser(
        prog="python -m build_decoder.bench.lstm_ice40", description=__doc__.split("\n")[0]
    )
    parser.add_argument("--output", type=filled_path, required=True, metavar="DIR")
    return exit_status(lambda: _run(parser.parse_args(argv).output), prefix="bench.lstm_ice40: ")


def random_lstm(random: np.random.Generator) -> Network:
    """The network, of weights as training begins with: states wander through their range."""
    nodes = (
        Node("lstm", ("x",), Lstm(_UNITS, False, False), {
            "weights": random.normal(0, (2 / (_CHANNELS + _UNITS)) ** 0.5, (_CHANNELS, 4 * _UNITS)),
            "recurrent": random.normal(0, _UNITS**-0.5, (_UNITS, 4 * _UNITS)),
            "bias": np.repeat([0.0, 1.0, 0.0, 0.0], _UNITS),
        }),
        Node("y", ("lstm",), Dense(_OUTPUTS, "linear"), {
            "weights": random.normal(0, _UNITS**-0.5, (_UNITS, _OUTPUTS)),
            "bias": np.zeros(_OUTPUTS),
        }),
    )
    weights = {node.name: node.weights for node in nodes}
    inputs = (Input("x", (_STEPS, _CHANNELS)),)
    return Network.of(Architecture("lstm_32", inputs, nodes), weights)


def _run(folder: Path) -> int:
    random = np.random.default_rng(0)
    network = random_lstm(random)
    made = folder / "network"
    save_network(network, made)
    x = random.normal(0, 1, (_SAMPLES, _STEPS * _CHANNELS))
    np.savez(made / "golden.npz", x=x, y=network.forward(x), task=np.array("regression"))
    output = folder / "icebreaker"
    arguments = ["--network", str(made), "--board", "icebreaker", "--clock", "24"]
    status = build([*arguments, "--output", str(output)])
    if status == 0:
        _print(BuildFolder(output), resources(network).macs)
    return status


def _print(build_folder: BuildFolder, macs: int) -> None:
    report = build_folder.load_report()
    cycles, clock, placed = (
        report[key] for key in ("frame_cycles", "clock_mhz", "placed_resources")
    )
    print("| MACs a window | cycles | windows/s | clock, Fmax, MHz | cells / DSP / block RAMs "
          "| average bits | frames, mismatches |\n|---|---|---|---|---|---|---|")
    print(
        f"| {macs:,} | {cycles:,} | {clock * 1e6 / cycles:,.0f} | {clock:g}, "
        f"{report['fmax_mhz']:.1f} | {placed['lut']:,} / {placed['dsp']} / {placed['bram']} | "
        f"{report['average_bit_width']:.1f} | {report['vectors_checked']}, {report['mismatches']} |"
    )


if __name__ == "__main__":
    sys.exit(main())
