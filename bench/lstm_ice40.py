"""An LSTM on an iCE40UP5K: cycles, rate, cells and memory after place and route.

``python -m build_decoder.bench.lstm_ice40 --output DIR`` trains an LSTM of 32 units on 16
channels over 20 steps, with a dense layer of 4 classes behind it, builds it for the iCEBreaker in
DIR/icebreaker, simulation and bitstream included, and prints a row. A class is the
frequency of a wave that all channels have, each in a phase of its own and in noise: no step tells
it. A build that is in the folder already is taken as it is.
"""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from build_decoder.__main__ import main as build
from build_decoder.build_folder import BuildFolder, is_build
from build_decoder.models.arguments import LineParser, filled_path
from build_decoder.models.command import exit_status
from build_decoder.models.files.load import load_network
from build_decoder.models.resources import resources
from build_decoder.models.tensorflow_import import import_tensorflow

__all__ = ["main", "row_of", "trained", "waves"]

STEPS, CHANNELS, UNITS, CLASSES = 20, 16, 32, 4

INTERVAL = 34_000
"""Cycles between windows that the decoder is chosen for: four products a cycle."""

_SEED = 20260101
_TRAINED_ON, _GOLDEN = 8000, 1000
_EPOCHS = 15
_NOISE = 0.75
"""Of a value, in amplitudes of the wave."""


_HEADS = (
    "network", "MACs a window", "cycles a window", "latency, cycles", "windows/s",
    "clock, Fmax, MHz", "logic cells", "SB_MAC16", "block RAMs", "average bits",
    "accuracy in floats, in integers", "frames in Verilog, mismatches",
)  # fmt: skip


def main(argv: Sequence[str] | None = None) -> int:
    """Build it and print its row; returns the exit status of the build."""
    return exit_status(lambda: _run(argv), prefix="bench.lstm_ice40: ")


def waves(random: np.random.Generator, samples: int) -> tuple[np.ndarray, np.ndarray]:
    """Windows (samples, steps, channels), as a converter of 8 bits gives them, and their classes
    (samples,)."""
    labels = random.integers(0, CLASSES, samples)
    phases = random.uniform(0, 2 * np.pi, (samples, 1, CHANNELS))
    turns = (1 + labels[:, None, None]) * np.arange(STEPS)[:, None] / STEPS
    x = np.sin(2 * np.pi * turns + phases) + random.normal(0, _NOISE, (samples, STEPS, CHANNELS))
    return np.clip(np.round(16 * x), -128, 127) / 16, labels


def trained(folder: Path) -> None:
    """Train the network; leaves ``network.keras`` and ``golden.npz`` in the folder."""
    tensorflow = import_tensorflow("bench.lstm_ice40")
    keras = tensorflow.keras
    keras.utils.set_random_seed(_SEED)
    tensorflow.config.experimental.enable_op_determinism()
    random = np.random.default_rng(_SEED)
    x, labels = waves(random, _TRAINED_ON)
    model = keras.Sequential([
        keras.Input((STEPS, CHANNELS)),
        keras.layers.LSTM(UNITS, name="lstm"),
        keras.layers.Dense(CLASSES, name="y"),
    ])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(3e-3), loss)
    model.fit(x, labels, batch_size=64, epochs=_EPOCHS, verbose=0)
    folder.mkdir(parents=True, exist_ok=True)
    model.save(folder / "network.keras")
    x, labels = waves(random, _GOLDEN)
    y = model.predict(x, verbose=0)
    np.savez(folder / "golden.npz", x=x.reshape(_GOLDEN, -1), y=y, labels=labels)


def _run(argv: Sequence[str] | None) -> int:
    parser = LineParser(
        prog="python -m build_decoder.bench.lstm_ice40", description=__doc__.split("\n")[0]
    )
    parser.add_argument("--output", type=filled_path, required=True, metavar="DIR")
    options = parser.parse_args(argv)
    network, output = options.output / "network.keras", options.output / "icebreaker"
    if not is_build(str(output)):
        trained(options.output)
        status = build([
            "--network", str(network), "--golden", str(options.output / "golden.npz"),
            "--board", "icebreaker", "--interval", str(INTERVAL), "--output", str(output),
        ])
        if status:
            return status
    macs = resources(load_network(network)).macs
    print(f"| {' | '.join(_HEADS)} |\n|{'---|' * len(_HEADS)}")
    print(row_of(BuildFolder(output).load_report(), macs))
    return 0


def row_of(report: Mapping, macs: int) -> str:
    """The row of a network of so many products a window, by the report of its build."""
    quality, placed = report["quality"]["held_out"], report["placed_resources"]
    cycles, clock = report["frame_cycles"], report["clock_mhz"]
    cells = (
        report["built_topology"], f"{macs:,}", f"{cycles:,}", f"{report['latency_cycles']:,}",
        f"{clock * 1e6 / cycles:,.0f}", f"{clock:g}, {report['fmax_mhz']:.1f}",
        f"{placed['lut']:,}", str(placed["dsp"]), str(placed["bram"]),
        f"{report['average_bit_width']:.1f}",
        f"{quality['float_accuracy']:.1%}, {quality['accuracy']:.1%}",
        f"{report['vectors_checked']:,}, {report['mismatches']}",
    )  # fmt: skip
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    sys.exit(main())
