"""The network of our family that did best on windows of surface EMG, trained and written as files.

``python -m build_decoder.bench.emg_network --windows FILE --output DIR`` trains it on the training
windows of FILE (docs/nerve_cuff.md, "Windows of surface EMG") and writes it with golden data: the
validation part, and the test windows, which are held out. ``python -m build_decoder --network DIR``
builds it.
"""

import sys
from collections.abc import Sequence
from dataclasses import replace

from build_decoder.models.arguments import LineParser, filled_path
from build_decoder.models.command import exit_status
from build_decoder.models.nerve_cuff.escape_tcn import EscapeTcn
from build_decoder.models.nerve_cuff.training.chosen import cells_of, data_of
from build_decoder.models.nerve_cuff.training.options import add_options
from build_decoder.models.nerve_cuff.training.trained import save_trained
from build_decoder.models.nerve_cuff.training.training import train_network

__all__ = ["NETWORK", "RECIPE", "main"]

NETWORK = EscapeTcn(filters=32, dense=0, kernels=(5,), pool=5, dropout=0.5)

RECIPE = (
    "--cuff 13 5 --augmentation shift --samples 300 --batch 8 --epochs 60 --patience 10 "
    "--rates 0.002 --gain 3"
)
"""Options of its training; the seed is 0."""


def main(argv: Sequence[str] | None = None) -> int:
    """Train and write it; returns the exit status."""
    parser = LineParser(
        prog="python -m build_decoder.bench.emg_network", description=__doc__.split("\n")[0]
    )
    parser.add_argument("--windows", type=filled_path, required=True, metavar="FILE")
    parser.add_argument("--output", type=filled_path, required=True, metavar="DIR")
    given = parser.parse_args(argv)
    training = LineParser()
    add_options(training)
    options = training.parse_args([*RECIPE.split(), "--windows", str(given.windows)])

    def run() -> int:
        (cell,) = cells_of(options, [NETWORK], data_of(options))
        trained = train_network(cell)
        network = replace(trained.network, name="emg_windows")
        save_trained(replace(trained, network=network), given.output)
        return 0

    return exit_status(run, prefix="bench.emg_network: ")


if __name__ == "__main__":
    sys.exit(main())
