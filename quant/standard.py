"""The standard that formats, or a smaller network, must meet: a criterion, on golden data and on
samples near its decision boundaries."""

from collections.abc import Callable
from dataclasses import replace
from functools import cached_property

import numpy as np

from build_decoder.models.golden import GoldenData
from build_decoder.models.network import Network
from build_decoder.quant.criterion import Criterion
from build_decoder.quant.near_boundary import NearBoundary, near_boundaries
from build_decoder.quant.quality import Quality, Reference
from build_decoder.quant.quantised_inputs import QuantisedInputs

__all__ = ["Standard"]


class Standard:
    """Compares any outputs with the outputs of ``network`` on ``golden``.

    An estimate near the boundary of each decision tells how many decisions are expected to change
    (:mod:`quant.near_boundary`); decisions that change on golden data itself are counted as well.
    A decision that even perfect formats change counts against no other formats: see
    :meth:`excuse`.

    Attributes
    ----------
    near : list of NearBoundary
        One a decision; empty for a regression.
    excuses : bool
        Whether any decision on golden data is excused.
    near_ties : np.ndarray
        Which samples (samples,) of golden data have a decision that perfect formats cannot keep.
    inputs : QuantisedInputs
        Of golden data, for all networks that are held to the standard.
    """

    def __init__(self, network: Network, golden: GoldenData, criterion: Criterion):
        self.golden = golden
        self.criterion = criterion
        self.near: list[NearBoundary] = near_boundaries(network, golden)
        self.excuses = False
        self.near_ties = np.zeros(len(golden), dtype=bool)
        self.inputs = QuantisedInputs(golden.x)
        self._reference = Reference(golden)
        self._decided = self._reference.decided
        self._unkept = [0.0] * len(self.near)
        lengths = [len(near.samples) for near in self.near]
        self._parts = [
            slice(end - length, end)
            for end, length in zip(np.cumsum(lengths), lengths, strict=True)
        ]

    @cached_property
    def near_samples(self) -> GoldenData | None:
        """Samples near all boundaries, one boundary after the other; None if there are none."""
        parts = [near.samples for near in self.near if len(near.samples)]
        if not parts:
            return None
        joined = {
            name: np.concatenate([getattr(part, name) for part in parts])
            for name in ("x", "y", "held_out")
        }
        return replace(parts[0], labels=None, targets=None, **joined)

    @cached_property
    def near_inputs(self) -> QuantisedInputs | None:
        """Inputs of `near_samples`."""
        return None if self.near_samples is None else QuantisedInputs(self.near_samples.x)

    @cached_property
    def near_rows(self) -> np.ndarray | None:
        """Which samples of golden data `near_samples` are; None if some were bred."""
        parts = [near.rows for near in self.near if len(near.samples)]
        if not parts or any(part is None for part in parts):
            return None
        return np.concatenate(parts)

    def excuse(self, y_near: np.ndarray | None, y: np.ndarray) -> None:
        """From now on, let other formats change what perfect formats change.

        Decisions that change on golden data are excused always; expected changes only if they are
        more than half of the changes that the criterion allows.

        Parameters
        ----------
        y_near, y
            Outputs of perfect formats on `near_samples` and on golden data.
        """
        changed = self.golden.task.decisions(y) != self._decided
        self.near_ties = changed.any(axis=1) & ~self.golden.held_out
        self.excuses = bool(changed.any())
        if self.excuses:
            self._reference = Reference(self.golden, excused=changed)
        flips = self._flips(y_near)
        if max(flips, default=0.0) > self.criterion.max_flips / 2:
            self._unkept = flips

    def lost(self, y: np.ndarray) -> int:
        """How many recorded samples outputs ``y`` (samples, outputs) decide otherwise."""
        changed = self.golden.task.decisions(y) != self._decided
        return int((changed.any(axis=1) & ~self.golden.held_out).sum())

    @property
    def may_be_lost(self) -> int:
        """How many recorded samples may be near ties before finer formats are tried."""
        return max(1, int(2 * self.criterion.max_flips * len(self.golden.search)))

    def quality(self, y: np.ndarray) -> Quality:
        """Quality of outputs on golden data, ties that are excused counted as kept."""
        return self._reference.compare(y)

    def flips(self, y_near: np.ndarray | None) -> float:
        """Changes expected of the decision that changes most, as a fraction of all samples."""
        return max(self._flips(y_near), default=0.0)

    def _flips(self, y_near: np.ndarray | None) -> list[float]:
        return [
            near.flips(y_near[part]) if len(near.samples) else 0.0
            for near, part in zip(self.near, self._parts, strict=True)
        ]

    def keeps(self, predict: Callable[[np.ndarray], np.ndarray]) -> bool:
        """Whether the outputs of ``predict`` for inputs (samples, inputs) are good enough."""
        return self.judged(predict)[1]

    def judged(self, predict: Callable[[np.ndarray], np.ndarray]) -> tuple[float, bool]:
        """Harm of the outputs of ``predict`` for inputs (samples, inputs), and whether they are
        good enough."""
        near = self.near_samples
        y = predict(self.golden.x)
        if near is None:
            y_near = None
        else:
            y_near = predict(near.x) if self.near_rows is None else y[self.near_rows]
        quality = self.quality(y)
        harm = self.harm(y_near, quality)
        return harm, self.holds(harm, quality)

    def harm(self, y_near: np.ndarray | None, quality: Quality | None) -> float:
        """Part of what is allowed that is used up, 1 being all.

        Of decisions it is the expected changes; of values the mean square error, since errors of
        different nodes add up in their squares. Without ``quality``, or where outputs are NaN since
        they are not known yet, it is the least that it can be.
        """
        limit = self.criterion.max_error if quality is not None else None
        harm = 0.0
        for flips, unkept in zip(self._flips(y_near), self._unkept, strict=True):
            harm = max(harm, (flips - unkept) / self.criterion.max_flips)
        if limit is not None:
            harm = max(harm, (max(quality.errors) / limit) ** 2)
        return harm

    def holds(self, harm: float, quality: Quality) -> bool:
        """Whether outputs of that harm and quality are good enough."""
        return harm <= 1 and self.criterion.holds(quality)
