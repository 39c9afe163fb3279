"""Options of the quantise stage: what may be lost, and how formats are looked for."""

import argparse
from dataclasses import dataclass

from build_decoder.models.errors import InputError
from build_decoder.models.task import Kind, Task
from build_decoder.options.types import fraction, number, positive_fraction
from build_decoder.quant.activations.forms import MAX_TABLE_WIDTH
from build_decoder.quant.criterion import MAX_ERROR
from build_decoder.quant.floating.float_format import BF16, FP16, FP32, FloatFormat
from build_decoder.quant.quantise import SEARCHES

__all__ = ["ARITHMETICS", "FIXED", "MAX_SEGMENTS", "SearchOptions", "add_search_options"]

FIXED = "fixed"
"""Arithmetic of fixed-point decoders, whose formats are searched."""

ARITHMETICS = {FIXED: None, "fp32": FP32, "fp16": FP16, "bf16": BF16}
"""Formats of decoders in floating point, by their names."""

_FLUSHED = "ftz"

MAX_SEGMENTS = 1 << MAX_TABLE_WIDTH
"""One for each code of the widest input of an activation that a search looks up."""


@dataclass(frozen=True, kw_only=True)
class SearchOptions:
    """A search for formats; attributes are called as the options are.

    ``max_error`` is None unless the user gave it, since a task that only decides refuses it.
    ``arithmetic`` is the format of a decoder in floating point, for which nothing is searched; None
    in fixed point.

    Raises
    ------
    InputError
        If a search is described, and there is none.
    """

    max_loss: float = 0.0
    max_error: float | None = None
    search: str = SEARCHES[0]
    segments: int | None = None
    seed: int = 0
    arithmetic: FloatFormat | None = None

    def __post_init__(self):
        if self.arithmetic is None:
            return
        for name, given in (
            ("--search", self.search != SEARCHES[0]), ("--max-loss", self.max_loss),
            ("--max-error", self.max_error is not None),
        ):
            if given:
                raise InputError(
                    f"{name}: expected it without --arithmetic {self.arithmetic}, for which no "
                    "formats are searched, got both"
                )

    def check_task(self, task: Task) -> None:
        """Check that no limit is of another task.

        Raises
        ------
        InputError
            If one is.
        """
        if self.max_error is not None and not task.keeps_values:
            raise InputError(
                "--max-error: expected a regression, whose outputs are values, got the task "
                f"{task.kind}"
            )
        if self.max_loss and task.kind is Kind.REGRESSION:
            raise InputError(
                "--max-loss: expected a task that decides, got a regression, which has --max-error"
            )

    @classmethod
    def of(cls, given: argparse.Namespace) -> "SearchOptions":
        """The options of a parsed command line."""
        return cls(
            max_loss=given.max_loss,
            max_error=given.max_error,
            search=given.search,
            segments=given.segments,
            seed=given.seed,
            arithmetic=given.arithmetic,
        )


def add_search_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of :class:`SearchOptions`, but for the seed, which has other uses too."""
    parser.add_argument(
        "--max-loss", type=fraction, default=0.0, metavar="FRACTION",
        help="accuracy that may be lost on the golden data searched on (default: 0)",
    )
    parser.add_argument(
        "--max-error", type=positive_fraction, metavar="FRACTION",
        help="root mean square error that an output of a regression may have, in its own standard "
        f"deviation (default: {MAX_ERROR}); AHEAD's search takes it for enough, and may exceed it",
    )
    parser.add_argument(
        "--search", choices=SEARCHES, default=SEARCHES[0],
        help="search for formats: by hardware cost, holding what carries over to unseen samples, "
        "or as AHEAD does, which knows no --max-loss (default: %(default)s)",
    )
    parser.add_argument(
        "--arithmetic", type=_arithmetic, default=FIXED, metavar="KIND",
        help=f"{', '.join(ARITHMETICS)}, or bits of exponent and fraction such as 5,2: floating "
        "point, of dense layers, convolutions, pools, branches, LSTMs, GRUs and attention; with "
        f",{_FLUSHED} behind it, subnormals are zero (default: %(default)s)",
    )
    parser.add_argument(
        "--segments", type=_segments, metavar="N",
        help="make generated activations of N uniform segments, as AHEAD does with 16, a power of "
        "two, or of one for each input code if these are fewer (default: what suits the hardware, "
        "within one step)",
    )


def _arithmetic(text: str) -> FloatFormat | None:
    """A name of :data:`ARITHMETICS`, or exponent and fraction bits, and what is left out of it."""
    name, *flags = text.lower().split(",")
    if name in ARITHMETICS:
        format = ARITHMETICS[name]
    else:
        bits, flags = (name, *flags[:1]), flags[1:]
        if len(bits) < 2 or not all(count.isascii() and count.isdigit() for count in bits):
            raise argparse.ArgumentTypeError(
                f"expected {', '.join(ARITHMETICS)} or bits of exponent and fraction, as in 5,10, "
                f"got {text!r}"
            )
        try:
            format = FloatFormat(*map(int, bits))
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from None
    if not flags:
        return format
    if flags != [_FLUSHED] or format is None:
        raise argparse.ArgumentTypeError(
            f"expected nothing or {_FLUSHED} behind a format in floating point, got {text!r}"
        )
    return FloatFormat(format.exponent, format.fraction, subnormals=False)


def _segments(text: str) -> int:
    value = number(text, int)
    if not 1 <= value <= MAX_SEGMENTS or value & (value - 1):
        raise argparse.ArgumentTypeError(
            f"expected a power of two from 1 to {MAX_SEGMENTS}, got {text}"
        )
    return value
