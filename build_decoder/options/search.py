"""Options of the quantise stage: what may be lost, and how formats are looked for."""

import argparse
from dataclasses import dataclass

from build_decoder.options.types import fraction, number, positive_fraction
from build_decoder.quant.activations.forms import MAX_TABLE_WIDTH
from build_decoder.quant.criterion import MAX_ERROR
from build_decoder.quant.quantise import SEARCHES

__all__ = ["MAX_SEGMENTS", "SearchOptions", "add_search_options"]

MAX_SEGMENTS = 1 << MAX_TABLE_WIDTH
"""One for each code of the widest input of an activation that a search looks up."""


@dataclass(frozen=True, kw_only=True)
class SearchOptions:
    """A search for formats; attributes are called as the options are.

    ``max_error`` is None unless the user gave it, since a task that only decides refuses it.
    """

    max_loss: float = 0.0
    max_error: float | None = None
    search: str = SEARCHES[0]
    segments: int | None = None
    seed: int = 0

    @classmethod
    def of(cls, given: argparse.Namespace) -> "SearchOptions":
        """The options of a parsed command line."""
        return cls(
            max_loss=given.max_loss,
            max_error=given.max_error,
            search=given.search,
            segments=given.segments,
            seed=given.seed,
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
        "--segments", type=_segments, metavar="N",
        help="make generated activations of N uniform segments, as AHEAD does with 16, a power of "
        "two, or of one for each input code if these are fewer (default: what suits the hardware, "
        "within one step)",
    )


def _segments(text: str) -> int:
    value = number(text, int)
    if not 1 <= value <= MAX_SEGMENTS or value & (value - 1):
        raise argparse.ArgumentTypeError(
            f"expected a power of two from 1 to {MAX_SEGMENTS}, got {text}"
        )
    return value
