"""BWO-FBW: fraction bits of all nodes, by stochastic hill climbing (AHEAD, Section 4.3)."""

from dataclasses import dataclass

import numpy as np

from build_decoder.models.progress import Progress, silent
from build_decoder.quant.bwid.objective import DEFAULT_ALPHA, objective, performance
from build_decoder.quant.bwid.ranges import PERFECT_FRACTION
from build_decoder.quant.bwid.sensitivity import LOWER_BOUND, lowest_fraction
from build_decoder.quant.evaluator import Evaluator
from build_decoder.quant.formats import NetworkFormats, NodeKey, ranks
from build_decoder.quant.qformat import QFormat

__all__ = ["Climb", "Move", "climb_fraction_bits"]

_TRIES = 1500
_PATIENCE = 500


@dataclass(frozen=True)
class Move:
    """A change that was taken at try ``number``: node ``key`` got ``fraction`` fraction bits."""

    number: int
    key: NodeKey
    fraction: int
    objective: float


@dataclass(frozen=True)
class Climb:
    """Where a climb ended: formats, Equation 10 at its start and there, and its moves."""

    formats: NetworkFormats
    start: float
    objective: float
    moves: tuple[Move, ...]


def climb_fraction_bits(
    evaluator: Evaluator,
    formats: NetworkFormats,
    *,
    alpha: float = DEFAULT_ALPHA,
    seed: int = 0,
    lower_bound: int = LOWER_BOUND,
    max_error: float | None = None,
    tries: int = _TRIES,
    patience: int = _PATIENCE,
    progress: Progress = silent,
) -> Climb:
    """Stochastic hill climbing on Equation 10 from ``formats``.

    Each try gives one node, picked at random, a fraction bit more or less; it is kept if the
    objective does not get worse. After ``tries``, or ``patience`` of them without a better
    objective, the climb ends. ``max_error`` is as for :func:`~quant.bwid.objective.performance`;
    ``progress`` is called with each try's number.
    """
    random = np.random.default_rng(seed)
    keys = sorted(formats, key=ranks(evaluator.network).__getitem__)

    def score(candidate: NetworkFormats) -> float:
        bits = [candidate[key].fraction for key in keys]
        return objective(performance(evaluator.quality(candidate), max_error), bits, alpha)

    start = best = score(formats)
    moves, last_better = [], 0
    for number in range(1, tries + 1):
        progress(f"BWO-FBW: try {number}")
        key = keys[random.integers(len(keys))]
        format = formats[key]
        fraction = format.fraction + (1 if random.random() < 0.5 else -1)
        if not lowest_fraction(format, lower_bound) <= fraction <= PERFECT_FRACTION:
            continue
        candidate = {**formats, key: QFormat(format.integer, fraction, format.signed)}
        now = score(candidate)
        if now <= best:
            last_better = number if now < best else last_better
            formats, best = candidate, now
            moves.append(Move(number, key, fraction, now))
        if number - last_better >= patience:
            break
    return Climb(formats, start, best, tuple(moves))
