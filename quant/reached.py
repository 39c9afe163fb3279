"""What samples make of each node of an integer model: which codes are reached, and saturation."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from build_decoder.quant.integer_model import IntegerModel
from build_decoder.quant.layer import IntegerLayer
from build_decoder.quant.limiting import noting
from build_decoder.quant.qformat import QFormat

__all__ = ["ReachedCodes", "reached_codes"]


@dataclass
class ReachedCodes:
    """What was narrowed to a node's format.

    Parameters
    ----------
    node
        Name of the layer's node.
    roles
        Roles of the layer with that format: where several have the same one, what is counted here
        is of all of them.
    format
        The format.
    low, high
        Least and greatest raw value that a saturation was given, of which what is beyond the format
        was saturated.
    values
        How many values were narrowed.
    saturated_low, saturated_high
        How many of them were below and above the format.
    """

    node: str
    roles: tuple[str, ...]
    format: QFormat
    low: int | None = None
    high: int | None = None
    values: int = 0
    saturated_low: int = field(default=0)
    saturated_high: int = field(default=0)

    def add(self, raw: np.ndarray) -> None:
        """Count ``raw``, values ahead of saturation."""
        if not raw.size:
            return
        low, high = int(raw.min()), int(raw.max())
        self.low = low if self.low is None else min(self.low, low)
        self.high = high if self.high is None else max(self.high, high)
        self.values += raw.size
        if low < self.format.min_raw:
            self.saturated_low += int(np.count_nonzero(raw < self.format.min_raw))
        if high > self.format.max_raw:
            self.saturated_high += int(np.count_nonzero(raw > self.format.max_raw))


def reached_codes(model: IntegerModel, x_raw: np.ndarray) -> list[ReachedCodes]:
    """What raw inputs (samples, inputs) make of each node that values are narrowed to, in order.

    Nodes whose values are passed on, taken from a table, or never narrowed are left out.
    """
    found = []
    values = model.given_values(x_raw)
    for node in model.nodes:
        by_format: dict[QFormat, ReachedCodes] = {}

        def note(format: QFormat, raw: np.ndarray, node=node, by_format=by_format) -> None:
            if format not in by_format:
                roles = tuple(_roles(node.layer, format))
                by_format[format] = ReachedCodes(node.name, roles, format)
            by_format[format].add(raw)

        with noting(note):
            values[node.name] = node.layer.compute(*(values[name] for name in node.inputs))
        found += by_format.values()
    return found


def _roles(layer: IntegerLayer, format: QFormat) -> Iterator[str]:
    """Those of signals that are computed, of a format."""
    given = {"input", *layer.arrays}
    for signal in layer.signals:
        if signal.format == format and signal.role not in given:
            yield signal.role
