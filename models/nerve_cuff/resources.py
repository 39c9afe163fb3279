"""Prints Table 1: weights, FLOPs and memory of the four networks, the paper's figures beside.

python -m build_decoder.models.nerve_cuff.resources
python -m build_decoder.models.nerve_cuff.resources --measure
"""

import sys
from collections.abc import Iterator, Sequence

from build_decoder.models.architecture import Architecture
from build_decoder.models.arguments import LineParser
from build_decoder.models.command import exit_status
from build_decoder.models.nerve_cuff.table1 import TABLE_1
from build_decoder.models.resources import resources

__all__ = ["main"]

_ROW = "{:<34}" + "{:>17}" * len(TABLE_1)


def _formula_rows() -> Iterator[Sequence[object]]:
    paper = TABLE_1.values()
    needs = [resources(architecture) for architecture in _architectures()]
    yield "weights", *(f"{need.weights:,}" for need in needs)
    yield "  paper, Table 1", *(f"{network.weights:,}" for network in paper)
    yield "FLOPs", *(f"{need.flops:,}" for need in needs)
    yield "  a loop's body counted once", *(f"{need.profiled_flops:,}" for need in needs)
    yield "  paper, Table 1", *(f"{network.flops:,}" for network in paper)
    yield "MACs", *(f"{need.macs:,}" for need in needs)
    yield "8-bit activations, peak bytes", *(f"{need.peak_values:,}" for need in needs)


def _measured_rows() -> Iterator[Sequence[object]]:
    from build_decoder.models.measure import (  # imports TensorFlow
        profiled_flops,
        tflite_bytes,
    )

    yield (
        "FLOPs, profiler of this TensorFlow",
        *(f"{profiled_flops(architecture):,}" for architecture in _architectures()),
    )
    for bits, figures in (
        (32, [network.float_kib for network in TABLE_1.values()]),
        (8, [network.integer_kib for network in TABLE_1.values()]),
    ):
        for batch, label in ((None, "any batch"), (1, "batch 1")):
            yield (
                f"TFLite KiB, {bits}-bit, {label}",
                *(
                    f"{tflite_bytes(architecture, weight_bits=bits, batch_size=batch) / 1024:,.2f}"
                    for architecture in _architectures()
                ),
            )
        yield "  paper, Table 2", *(f"{figure:,.2f}" for figure in figures)


def _architectures() -> list[Architecture]:
    return [paper.network.architecture(name) for name, paper in TABLE_1.items()]


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; returns the exit status."""
    return exit_status(lambda: _run(arguments))


def _run(arguments: Sequence[str] | None) -> int:
    parser = LineParser(
        prog="python -m build_decoder.models.nerve_cuff.resources",
        description="Weights, FLOPs and memory of the nerve-cuff networks beside the paper's.",
    )
    parser.add_argument(
        "--measure",
        action="store_true",
        help="also by TensorFlow's profiler and TFLite converter, which takes a minute",
    )
    options = parser.parse_args(arguments)
    print(_ROW.format("", *(paper.title for paper in TABLE_1.values())))
    for row in _formula_rows():
        print(_ROW.format(*row))
    if options.measure:
        for row in _measured_rows():
            print(_ROW.format(*row), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
