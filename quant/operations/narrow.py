"""From exact values to a node's format: one narrowing, on many values at once."""

from dataclasses import dataclass

import numpy as np

from build_decoder.quant.carrier import carried, carrier
from build_decoder.quant.limiting import limit
from build_decoder.quant.operations.span import Span
from build_decoder.quant.qformat import QFormat
from build_decoder.quant.requantise import Requantise

__all__ = ["Narrow"]


@dataclass(frozen=True)
class Narrow:
    """``saturate(round_half_up(raw * 2**(target.fraction - source.fraction)))``.

    Parameters
    ----------
    source
        Range of the exact values.
    target
        Format of the node.
    """

    source: Span
    target: QFormat

    @property
    def requantise(self) -> Requantise:
        """The same from the narrowest format that holds the source: hardware is made of it."""
        return Requantise(self.source.format, self.target)

    @property
    def kind(self) -> type[np.floating]:
        """Type in which nothing is lost."""
        return carrier(max(self.source.width, self.target.width))

    def compute(self, raw: np.ndarray) -> np.ndarray:
        """Raw results of raw exact values, which may be overwritten."""
        # In place, since each pass over a large array takes as long as the arithmetic in it.
        raw = carried(raw, self.kind)
        dropped = self.source.fraction - self.target.fraction
        if dropped:
            raw *= 2.0**-dropped
        if dropped > 0:
            raw += 0.5
            np.floor(raw, out=raw)
        limit(raw, self.target, out=raw)
        return raw.astype(carrier(self.target.width), copy=False)
