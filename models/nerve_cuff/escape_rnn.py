"""ESCAPE-RNN, the recurrent networks (Section 2.4.3, Figure 2c)."""

from dataclasses import dataclass, field

from build_decoder.models.architecture import Architecture, Input
from build_decoder.models.layers.attention import Attention
from build_decoder.models.layers.bidirectional import Bidirectional
from build_decoder.models.layers.dense import Dense
from build_decoder.models.layers.gru import Gru
from build_decoder.models.layers.lstm import Lstm
from build_decoder.models.layers.softmax import Softmax
from build_decoder.models.nerve_cuff.cuff import NerveCuff

__all__ = ["CELLS", "EscapeRnn"]

CELLS = {"gru": Gru, "lstm": Lstm}


@dataclass(frozen=True)
class EscapeRnn:
    """Recurrent layers one after the other over the time steps, then a dense layer.

    Parameters
    ----------
    units:
        Of each recurrent layer, in each direction.
    dense:
        Units of the dense layer.
    layers:
        Recurrent layers; with attention, that is the last of them.
    cell:
        ``gru`` or ``lstm``.
    bidirectional:
        Whether the recurrent layers run in both directions.
    attention:
        Whether the last layer is attention over the steps in place of a recurrent layer.
    cuff:
        Geometry of the input, which is (samples, channels): a step is one sample of all contacts.
    """

    units: int
    dense: int
    layers: int = 3
    cell: str = "gru"
    bidirectional: bool = False
    attention: bool = False
    cuff: NerveCuff = field(default_factory=NerveCuff)

    def __post_init__(self):
        if self.cell not in CELLS:
            raise ValueError(f"expected a cell of {', '.join(CELLS)}, got {self.cell!r}")
        if self.layers < 1 + self.attention:
            raise ValueError(f"expected at least one recurrent layer, got {self.layers} layers")

    def architecture(self, name: str) -> Architecture:
        """The network's layers; `name` is its name."""
        layers = []
        for number in range(1, self.layers + 1 - self.attention):
            # Attention takes all steps; a dense layer takes the last.
            layer = CELLS[self.cell](self.units, number < self.layers)
            layers.append(
                (f"{self.cell}{number}", Bidirectional(layer) if self.bidirectional else layer)
            )
        if self.attention:
            layers.append(("attention", Attention()))
        layers += [
            ("dense", Dense(self.dense, "relu")),
            ("classes", Dense(self.cuff.classes, "linear")),
            ("softmax", Softmax()),
        ]
        shape = (self.cuff.samples, self.cuff.channels)
        return Architecture.chain(name, Input("contacts", shape), layers)
