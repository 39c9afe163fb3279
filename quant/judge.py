"""Judges formats by a criterion, near the decision boundary first."""

from models.golden import GoldenData
from models.network import Network
from quant.criterion import Criterion
from quant.evaluator import Evaluator
from quant.formats import NetworkFormats
from quant.near_boundary import NearBoundary, near_boundary
from quant.quality import Quality
from quant.weight_rounding import WeightRounding

__all__ = ["Judge"]


class Judge:
    """Tells whether formats keep ``criterion`` on ``golden``.

    How many decisions are expected to change is estimated near the decision boundary
    (:func:`~quant.near_boundary.near_boundary`). Formats that pass also run on ``golden``.

    Parameters
    ----------
    network, golden
        What is run on what. The outputs in ``golden`` may be those of another network that this one
        stands in for.
    near
        Default: from ``network`` and ``golden``.
    uniform_segments
        Of generated activations; see :func:`quant.quantise.quantise`.
    """

    def __init__(
        self,
        network: Network,
        golden: GoldenData,
        criterion: Criterion,
        *,
        rounding: WeightRounding | None = None,
        near: NearBoundary | None = None,
        uniform_segments: int | None = None,
    ):
        self.criterion = criterion
        self._near = near or near_boundary(network, golden)
        how = {"rounding": rounding, "uniform_segments": uniform_segments}
        self._full = Evaluator(network, golden, **how)
        self._evaluator = Evaluator(network, self._near.samples, **how)

    @property
    def evaluations(self) -> int:
        """Evaluations near the boundary or on golden data."""
        return self._full.evaluations + self._evaluator.evaluations

    def quality(self, formats: NetworkFormats) -> Quality:
        """Quality on golden data."""
        return self._full.quality(formats)

    def flips(self, formats: NetworkFormats) -> float:
        """Decisions expected to change, as a fraction of all."""
        return self._near.flips(self._evaluator.outputs(formats))

    def harm(self, formats: NetworkFormats) -> float:
        """Part of the expected changes allowed that is used up, 1 being all."""
        return self.flips(formats) / self.criterion.max_flips

    def holds(self, formats: NetworkFormats) -> bool:
        """Whether ``formats`` keep the criterion."""
        return self.harm(formats) <= 1 and self.criterion.holds(self.quality(formats))
