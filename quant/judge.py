"""Judges formats by a criterion, on the decision boundary first."""

import numpy as np

from models.golden import GoldenData, decisions
from models.network import Network
from quant.boundary import boundary_samples
from quant.criterion import Criterion
from quant.evaluator import Evaluator
from quant.formats import NetworkFormats
from quant.margins import expected_flips, margins
from quant.quality import Quality
from quant.weight_rounding import WeightRounding

__all__ = ["Judge"]

_BOUNDARY_SAMPLES = 512


class Judge:
    """Tells whether formats keep ``criterion`` on ``golden``.

    How much quantisation moves the outputs is measured on samples bred onto the decision boundary,
    how much the outputs may move is read off the margins of the golden samples, and every one of
    these margins is set against every one of those errors. Both are smooth in the formats, and the
    samples on which a search could overfit take no part. Formats that pass also run on ``golden``.
    """

    def __init__(
        self,
        network: Network,
        golden: GoldenData,
        criterion: Criterion,
        *,
        rounding: WeightRounding | None = None,
        uniform_segments: int | None = None,
    ):
        self.criterion = criterion
        how = {"rounding": rounding, "uniform_segments": uniform_segments}
        self.full = Evaluator(network, golden, **how)
        boundary = boundary_samples(network, golden, count=_BOUNDARY_SAMPLES)
        self.boundary = Evaluator(network, boundary if len(boundary) else golden, **how)
        reference = self.boundary.reference
        self._decided = reference.decided
        self._boundary_margins = margins(reference.y, reference.decided)
        self._margins = np.sort(margins(golden.y, decisions(golden.y)))

    @property
    def evaluations(self) -> int:
        """Evaluations on the boundary or on golden data."""
        return self.full.evaluations + self.boundary.evaluations

    def quality(self, formats: NetworkFormats) -> Quality:
        """Quality on golden data."""
        return self.full.quality(formats)

    def flips(self, formats: NetworkFormats) -> float:
        """Decisions expected to change, as a fraction."""
        y = self.boundary.outputs(formats)
        return expected_flips(self._margins, self._boundary_margins - margins(y, self._decided))

    def harm(self, formats: NetworkFormats) -> float:
        """Part of the expected changes allowed that is used up, 1 being all."""
        return self.flips(formats) / self.criterion.max_flips

    def holds(self, formats: NetworkFormats) -> bool:
        """Whether ``formats`` keep the criterion."""
        return self.harm(formats) <= 1 and self.criterion.holds(self.quality(formats))
