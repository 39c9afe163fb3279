"""ESCAPE-NET and ESCAPE-NET Mini (Section 2.4.1, Figure 2a)."""

from dataclasses import dataclass, field

from build_decoder.models.architecture import Architecture
from build_decoder.models.layers.concat import Concat
from build_decoder.models.layers.conv2d import Conv2d
from build_decoder.models.layers.dense import Dense
from build_decoder.models.layers.dropout import Dropout
from build_decoder.models.layers.flatten import Flatten
from build_decoder.models.layers.max_pool import MaxPool
from build_decoder.models.layers.softmax import Softmax
from build_decoder.models.nerve_cuff.branches import two_branches
from build_decoder.models.nerve_cuff.cuff import NerveCuff

__all__ = ["EscapeNet"]


@dataclass(frozen=True)
class EscapeNet:
    """Convolutions with 2x2 pools between them in each branch, then a dense layer on both.

    Parameters
    ----------
    filters:
        Of each convolution.
    dense:
        Dense width as the paper states it; the layer has twice as many units, which is what
        gives the weights of Table 1.
    kernels:
        Side of the filters of each convolution; one convolution each.
    dropout:
        Rate after the dense layer, in training; 0 for none.
    cuff:
        Geometry of the inputs.
    """

    filters: int
    dense: int
    kernels: tuple[int, ...] = (8, 4, 2)
    dropout: float = 0.0
    cuff: NerveCuff = field(default_factory=NerveCuff)

    def __post_init__(self):
        if not self.kernels:
            raise ValueError("expected at least one convolution, got none")

    def architecture(self, name: str) -> Architecture:
        """The network's layers; `name` is its name."""
        branch = []
        for number, kernel in enumerate(self.kernels, 1):
            if number > 1:
                branch.append((f"pool{number - 1}", MaxPool((2, 2))))
            branch.append((f"conv{number}", Conv2d(self.filters, (kernel, kernel), "relu")))
        trunk = [
            ("concat", Concat()),
            ("flatten", Flatten()),
            ("dense", Dense(2 * self.dense, "relu")),
            *([("dropout", Dropout(self.dropout))] if self.dropout else []),
            ("classes", Dense(self.cuff.classes, "linear")),
            ("softmax", Softmax()),
        ]
        return two_branches(name, self.cuff, branch, trunk)
