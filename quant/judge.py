"""Judges formats of one network by a standard, near the decision boundaries first."""

from build_decoder.models.golden import GoldenData
from build_decoder.models.network import Network
from build_decoder.quant.criterion import Criterion
from build_decoder.quant.evaluator import Evaluator
from build_decoder.quant.formats import NetworkFormats, free_nodes
from build_decoder.quant.qformat import QFormat
from build_decoder.quant.quality import Quality
from build_decoder.quant.standard import Standard
from build_decoder.quant.weight_rounding import WeightRounding

__all__ = ["Judge"]


class Judge:
    """Tells whether formats keep ``criterion`` on ``golden``.

    Parameters
    ----------
    network, golden
        The network, and the samples that it is run on. The outputs in ``golden`` may be those of a
        larger network that this one stands in for.
    standard
        Default: the standard of ``network``, ``golden`` and ``criterion``.
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
        standard: Standard | None = None,
        uniform_segments: int | None = None,
    ):
        self.criterion = criterion
        self.standard = standard or Standard(network, golden, criterion)
        how = {"rounding": rounding, "uniform_segments": uniform_segments}
        self._full = Evaluator(network, golden, **how)
        # What lies near the boundary may be golden data itself, which is run in any case.
        self._rows = self.standard.near_rows
        near = None if self._rows is not None else self.standard.near_samples
        self._nodes = free_nodes(network)
        self._harms: dict[tuple[QFormat, ...], float] = {}
        self._near = None if near is None else Evaluator(network, near, **how)

    @property
    def evaluations(self) -> int:
        """Evaluations near the boundary or on golden data."""
        return self._full.evaluations + (self._near.evaluations if self._near else 0)

    def quality(self, formats: NetworkFormats) -> Quality:
        """Quality on golden data."""
        return self._full.quality(formats)

    def flips(self, formats: NetworkFormats) -> float:
        """Fraction of all decisions that are expected to change."""
        return self.standard.flips(self._outputs_near(formats))

    def harm(self, formats: NetworkFormats) -> float:
        """Part of what is allowed that is used up, 1 being all."""
        key = tuple(formats[node] for node in self._nodes)
        if key not in self._harms:
            values = self.criterion.max_error is not None
            self._harms[key] = self.standard.harm(
                self._outputs_near(formats), self.quality(formats) if values else None
            )
        return self._harms[key]

    def holds(self, formats: NetworkFormats) -> bool:
        """Whether ``formats`` keep the criterion."""
        if (harm := self.harm(formats)) > 1:
            return False
        quality = self.quality(formats)
        if self.standard.excuses:
            quality = self.standard.quality(self._full.outputs(formats))
        return self.standard.holds(harm, quality)

    def lost(self, formats: NetworkFormats) -> int:
        """How many golden samples ``formats`` decide otherwise than the float model."""
        return self.standard.lost(self._full.outputs(formats))

    def excuse(self, perfect: NetworkFormats) -> None:
        """Let other formats change what perfect formats change: see `Standard.excuse`."""
        self.standard.excuse(self._outputs_near(perfect), self._full.outputs(perfect))
        self._harms.clear()

    def _outputs_near(self, formats: NetworkFormats):
        if self._rows is not None:
            return self._full.outputs(formats)[self._rows]
        return None if self._near is None else self._near.outputs(formats)
