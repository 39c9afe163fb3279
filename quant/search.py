"""Search for the fraction bits of every node.

Three steps: each node alone, all others perfect; all together, widened until they do; then
narrowed, one bit at a time, while they still do. AHEAD's own search (BWID, Section 4.3) and a
search by hardware cost will stand beside this one.
"""

from dataclasses import dataclass

from models.golden import GoldenData
from models.network import Network
from quant.evaluator import Evaluator
from quant.formats import NetworkFormats, NodeKey
from quant.qformat import QFormat
from quant.quality import Quality
from quant.range_analysis import analyse_ranges

__all__ = ["Criterion", "SearchResult", "search_formats"]


@dataclass(frozen=True)
class Criterion:
    """What an integer model must keep of the float model, on the samples that a search sees.

    Accuracy alone would let a search trade decisions that it breaks for others that it happens to
    mend, which does not carry over to samples that it has not seen. So the decisions themselves are
    held to as well, and the outputs behind them, which all samples bear on and not only the few
    near a boundary.
    """

    max_loss: float = 0.0
    min_agreement: float = 0.999
    max_output_error: float = 0.01

    def holds(self, quality: Quality) -> bool:
        """Whether ``quality`` is enough."""
        return (
            quality.loss <= self.max_loss + 1e-12
            and quality.agreement >= self.min_agreement
            and quality.output_error <= self.max_output_error
        )


@dataclass(frozen=True)
class SearchResult:
    """Formats found, the evaluations that it took, and each node's bits after each step."""

    formats: NetworkFormats
    quality: Quality
    evaluations: int
    trace: dict[NodeKey, dict[str, int]]


def search_formats(
    network: Network, golden: GoldenData, criterion: Criterion
) -> SearchResult:
    """Narrow formats for ``network`` that keep ``criterion`` on ``golden``.

    Raises
    ------
    SearchError
        If not even perfect formats keep it.
    """
    return _Search(network, golden, criterion).run()


class SearchError(Exception):
    """No formats keep the criterion."""


class _Search:
    def __init__(self, network, golden, criterion):
        self.evaluator = Evaluator(network, golden)
        self.golden = golden
        self.criterion = criterion
        self.evaluations = 0
        self.perfect = analyse_ranges(network, golden.x)

    def run(self) -> SearchResult:
        if not self.holds(self.perfect):
            quality = self.evaluator.quality(self.perfect)
            raise SearchError(
                f"expected a loss of at most {self.criterion.max_loss:.4f} with perfect formats, "
                f"got {quality.loss:.4f} and {quality.agreement:.4f} of decisions kept"
            )
        alone = {key: self.narrowest_alone(key) for key in self.perfect}
        joint = self.widened(alone)
        found = self.narrowed(joint)
        trace = {
            key: {
                "range": self.perfect[key].integer,
                "alone": alone[key].fraction,
                "joint": joint[key].fraction,
                "narrowed": found[key].fraction,
            }
            for key in found
        }
        return SearchResult(found, self.evaluator.quality(found), self.evaluations, trace)

    def holds(self, formats: NetworkFormats) -> bool:
        self.evaluations += 1
        return self.criterion.holds(self.evaluator.quality(formats))

    def narrowest_alone(self, key: NodeKey) -> QFormat:
        """Fewest fraction bits of node ``key`` with all other nodes perfect, by bisection."""
        format = self.perfect[key]
        low, high = 1 - format.integer, format.fraction
        while low < high:
            middle = (low + high) // 2
            if self.holds({**self.perfect, key: _with_fraction(format, middle)}):
                high = middle
            else:
                low = middle + 1
        return _with_fraction(format, high)

    def widened(self, formats: NetworkFormats) -> NetworkFormats:
        """All nodes a bit wider, again and again, until together they keep the criterion."""
        while not self.holds(formats):
            formats = {
                key: _with_fraction(f, min(f.fraction + 1, self.perfect[key].fraction))
                for key, f in formats.items()
            }
        return formats

    def narrowed(self, formats: NetworkFormats) -> NetworkFormats:
        """A bit less at the node where that does least harm, again and again, while it holds."""
        candidates = set(formats)
        while candidates:
            harm = {}
            for key in sorted(candidates):
                format = formats[key]
                if format.width == 1:
                    candidates.discard(key)
                    continue
                narrower = {**formats, key: _with_fraction(format, format.fraction - 1)}
                if self.holds(narrower):
                    harm[key] = self.evaluator.quality(narrower).output_error
                else:
                    # Narrower formats elsewhere rarely make room again here.
                    candidates.discard(key)
            if harm:
                key = min(harm, key=harm.get)
                format = formats[key]
                formats = {**formats, key: _with_fraction(format, format.fraction - 1)}
        return formats


def _with_fraction(format: QFormat, fraction: int) -> QFormat:
    return QFormat(format.integer, fraction, format.signed)
