"""Generated activations: ``python -m build_decoder.bench.activations [--input 4 8] [--output 8]``.

Prints a Markdown table: for every smooth activation its form with the least segments, with AHEAD's
16 uniform segments, and the one that a decoder takes; greatest error over all input codes, in
steps of the output, and LUTs and FFs after ``synth_xilinx``.
"""

import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from build_decoder.hdl.activations.component import activation_component
from build_decoder.hdl.export import to_verilog
from build_decoder.hdl.families.xc7 import FAMILY as XC7
from build_decoder.models import activations as float_activations
from build_decoder.models.activation import Activation
from build_decoder.models.arguments import LineParser, whole_number
from build_decoder.models.command import exit_status
from build_decoder.quant.activations import IntegerActivation, integer_activation, is_exact
from build_decoder.quant.activations.generated import (
    fit_least_segments,
    fit_uniform_segments,
    greatest_error,
)
from build_decoder.quant.activations.piecewise_linear import PiecewiseLinear
from build_decoder.quant.qformat import QFormat
from build_decoder.quant.range_analysis import format_holding
from build_decoder.sim.synthesis import synthesise

__all__ = ["main", "row"]

_MAX_BITS = 16


def row(activation: Activation, parameters: IntegerActivation, form: str, work_dir: Path) -> str:
    """One row of the table, synthesised in ``work_dir``.

    Raises
    ------
    ToolError
        If Yosys is missing or stops with an error.
    """
    source = work_dir / "activation.v"
    component = activation_component(parameters)(parameters)
    source.write_text(to_verilog(component, name="activation"))
    resources = synthesise(source, XC7, work_dir, top="activation").resources
    segments = parameters.segments if isinstance(parameters, PiecewiseLinear) else "table"
    cells = (
        activation.name,
        f"{parameters.input} to {parameters.output}",
        form,
        segments,
        f"{greatest_error(activation, parameters):.2f}",
        resources.lut,
        resources.ff,
    )
    return f"| {' | '.join(map(str, cells))} |"


def _forms(
    activation: Activation, input: QFormat, width: int
) -> Iterator[tuple[str, IntegerActivation]]:
    values = activation.function(input.to_real(np.arange(input.min_raw, input.max_raw + 1)))
    # Of an unbounded function, what is beyond 8 saturates.
    values = np.clip(values, -8, 8)
    # What is only approached, such as a sigmoid's 1, saturates by a step.
    output = format_holding(values, width, approached=True)
    yield "least segments", fit_least_segments(activation, input, output)
    yield "16 uniform", fit_uniform_segments(activation, input, output, 16)
    yield "decoder's", integer_activation(activation.name, input, output)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit status: 0, 3 no tools."""
    return exit_status(
        lambda: _run(argv),
        prefix="bench.activations: ",
        tools=True,
    )


def _run(argv: Sequence[str] | None) -> int:
    parser = LineParser(
        prog="python -m build_decoder.bench.activations", description=__doc__.split("\n")[0]
    )
    parser.add_argument(
        "--input", type=whole_number(1, _MAX_BITS - 1), nargs=2, default=(4, 8),
        metavar=("INTEGER", "FRACTION"), help="(4 8)",
    )
    parser.add_argument(
        "--output", type=whole_number(4, _MAX_BITS), default=8, metavar="WIDTH", help="(8)"
    )
    arguments = parser.parse_args(argv)
    if sum(arguments.input) > _MAX_BITS:
        parser.error(f"--input: expected at most {_MAX_BITS} bits, got {sum(arguments.input)}")
    print("| function | formats | form | segments | error | LUT | FF |")
    print("|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for name in float_activations.names():
            activation = float_activations.get(name)
            if is_exact(name):
                continue
            forms = _forms(activation, QFormat(*arguments.input), arguments.output)
            for form, parameters in forms:
                print(row(activation, parameters, form, Path(folder)), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
