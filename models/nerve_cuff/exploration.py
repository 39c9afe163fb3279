"""Every network of the paper's exploration (Sections 2.4 and 3.1 to 3.3)."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product

from build_decoder.models.nerve_cuff.escape_fcn import EscapeFcn
from build_decoder.models.nerve_cuff.escape_net import EscapeNet
from build_decoder.models.nerve_cuff.escape_rnn import EscapeRnn
from build_decoder.models.nerve_cuff.escape_tcn import EscapeTcn

__all__ = ["FAMILIES", "Variant", "exploration"]

FAMILIES = ("Mini", "FCN", "RNN")

_WIDTHS = (2, 4, 8, 16, 32, 64)  # of the initial sweeps


@dataclass(frozen=True)
class Variant:
    """A network at its place in the exploration; some networks have several places.

    Parameters
    ----------
    family:
        ``Mini``, ``FCN``, ``RNN`` or, of this project's grid, ``TCN``.
    stage:
        The structural detail that is varied.
    network:
        The network.
    """

    family: str
    stage: str
    network: EscapeNet | EscapeFcn | EscapeRnn | EscapeTcn


def exploration() -> tuple[Variant, ...]:
    """All variants in the paper's order; each stage starts from the choice of the one before."""
    stages = {"Mini": _mini(), "FCN": _fcn(), "RNN": _rnn()}
    return tuple(
        Variant(family, stage, network) for family in FAMILIES for stage, network in stages[family]
    )


def _around(width: int) -> tuple[int, int, int]:
    return (width // 2, width, 2 * width)


def _mini() -> Iterator[tuple[str, EscapeNet]]:
    yield "0 baseline", EscapeNet(64, 256, dropout=0.5)
    for width in _WIDTHS:
        yield "1 initial width", EscapeNet(width, width)
    for filters, dense in product(_around(8), repeat=2):
        yield "2 secondary width", EscapeNet(filters, dense)
    for kernels in ((8, 4), (8, 4, 2), (8, 4, 2, 1)):
        yield "3 layer count", EscapeNet(4, 8, kernels)
    chosen = EscapeNet(4, 8, (8, 4, 2, 1))
    # The paper gives the larger filters of three layers; a fourth of 2x2 is an assumption.
    for kernels in (chosen.kernels, (9, 5, 3, 2)):
        yield "4 filter size (4 layers)", replace(chosen, kernels=kernels)
    yield "4b filter size (3 layers)", replace(chosen, kernels=(9, 5, 3))
    for rate in (0.0, 0.5):
        yield "5 dropout", replace(chosen, dropout=rate)


def _fcn() -> Iterator[tuple[str, EscapeFcn]]:
    for width in _WIDTHS:
        yield "1 initial width", EscapeFcn(width, width)
    for filters, pointwise in product(_around(16), repeat=2):
        yield "2 secondary width", EscapeFcn(filters, pointwise)
    for sets in (2, 3, 4):
        yield "3 sets", EscapeFcn(16, 8, sets)
    for multiplier in (1, 2, 3):
        yield "4 multiplier (2 sets)", EscapeFcn(16, 8, 2, multiplier)


def _rnn() -> Iterator[tuple[str, EscapeRnn]]:
    for width in _WIDTHS:
        yield "1 initial width", EscapeRnn(width, width)
    for units, dense in product(_around(32), repeat=2):
        yield "2 secondary width", EscapeRnn(units, dense)
    for layers in (2, 3, 4, 5):
        yield "3 layer count", EscapeRnn(32, 16, layers)
    for stage, attention in (("4 layer type", False), ("5 last layer attention", True)):
        for bidirectional, cell in product((False, True), ("lstm", "gru")):
            yield stage, EscapeRnn(32, 16, 3, cell, bidirectional, attention)
