"""The result of a search for formats: the formats, and the steps that led to them."""

import time
from collections.abc import Callable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

from build_decoder.models.network import Network
from build_decoder.quant.formats import INPUT, NetworkFormats, NodeKey, edge_formats
from build_decoder.quant.layers import quantiser_of
from build_decoder.quant.qformat import QFormat
from build_decoder.quant.quality import Quality

__all__ = ["SearchError", "SearchResult", "Step", "StepRecorder", "average_width"]


class SearchError(Exception):
    """No formats keep the criterion."""


@dataclass(frozen=True)
class Step:
    """One step of a search.

    Attributes
    ----------
    name
        Of the step.
    formats
        After the step.
    average_bit_width
        Plain mean over all signal nodes; see `average_width`.
    quality
        Of all formats of this step together, on the samples searched on.
    evaluations
        Integer models that were run on samples.
    seconds
        Wall time.
    """

    name: str
    formats: NetworkFormats
    average_bit_width: float
    quality: Quality
    evaluations: int
    seconds: float


@dataclass(frozen=True)
class SearchResult:
    """The formats that a search found, and its steps.

    Attributes
    ----------
    method
        Name of the search.
    network
        The network that the formats are for. If the search rounds weights in its own way, they are
        already on the grid of their formats.
    steps
        The steps, in order.
    near_ties
        Which of the samples searched on have a decision that not even perfect formats keep, bool
        (samples,).
    others
        Other networks that the formats are for as well, in the same way.
    """

    method: str
    network: Network
    steps: tuple[Step, ...]
    near_ties: np.ndarray
    others: tuple[Network, ...] = ()

    @property
    def formats(self) -> NetworkFormats:
        """Formats after the last step."""
        return self.steps[-1].formats

    @property
    def quality(self) -> Quality:
        """Quality on the samples searched on."""
        return self.steps[-1].quality

    @property
    def evaluations(self) -> int:
        """Evaluations of all steps."""
        return sum(step.evaluations for step in self.steps)

    @property
    def seconds(self) -> float:
        """Wall time of all steps."""
        return sum(step.seconds for step in self.steps)

    def trace(self, key: NodeKey) -> Mapping[str, QFormat]:
        """Format of a free node after each step, by the step's name."""
        return {step.name: step.formats[key] for step in self.steps}

    def decided_by(self, key: NodeKey) -> str:
        """Name of the step that gave a free node its width: the last that changed its format."""
        formats = self.trace(key)
        names = list(formats)
        for name, before in zip(reversed(names), reversed(names[:-1]), strict=False):
            if formats[name] != formats[before]:
                return name
        return names[0]


class StepRecorder:
    """Collects steps as they are done.

    Parameters
    ----------
    network
        Function that tells which network formats are for.
    evaluations
        Function that tells how many evaluations were made so far.
    quality
        Function from formats to their quality.
    """

    def __init__(self, network, evaluations, quality):
        self._network = network
        self._evaluations = evaluations
        self._quality = quality
        self.steps: list[Step] = []

    @contextmanager
    def step(self, name: str, quality: Callable[[NetworkFormats], Quality] | None = None):
        """Record a step: the body of the ``with`` calls the function it gets with the formats, of
        which ``quality`` tells the quality if the recorder's own does not."""
        found: list[NetworkFormats] = []
        evaluations, start = self._evaluations(), time.perf_counter()
        yield found.append
        seconds = time.perf_counter() - start
        evaluations = self._evaluations() - evaluations
        formats = dict(found[-1])
        average = average_width(self._network(), formats)
        self.steps.append(
            Step(name, formats, average, (quality or self._quality)(formats), evaluations, seconds)
        )


def average_width(network: Network, formats: NetworkFormats) -> float:
    """Mean width of all signal nodes, in bits, not weighted; the input of a layer with weights is a
    node of that layer (AHEAD: six nodes a layer)."""
    edges = edge_formats(network, formats)
    widths = [format.width for key, format in formats.items() if key.role != INPUT]
    for node in network.nodes:
        if quantiser_of(node.layer).arrays:
            widths += [edges[name].width for name in node.inputs]
    return float(np.mean(widths))
