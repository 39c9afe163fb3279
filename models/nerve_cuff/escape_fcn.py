"""ESCAPE-FCN, the fully convolutional networks (Section 2.4.2, Figure 2b)."""

from dataclasses import dataclass, field

from build_decoder.models.architecture import Architecture
from build_decoder.models.layers.concat import Concat
from build_decoder.models.layers.conv2d import Conv2d
from build_decoder.models.layers.global_average_pool import GlobalAveragePool
from build_decoder.models.layers.max_pool import MaxPool
from build_decoder.models.layers.softmax import Softmax
from build_decoder.models.nerve_cuff.branches import two_branches
from build_decoder.models.nerve_cuff.cuff import NerveCuff

__all__ = ["EscapeFcn"]

_GROWING_SETS = 3  # later sets have the width of the third


@dataclass(frozen=True)
class EscapeFcn:
    """Sets of 3x3 convolutions with 2x2 pools between them in each branch, and no dense layer.

    The first two sets have two 3x3 convolutions, later ones one. From the second on, a set ends
    with a 1x1 convolution: of `filters` in the second, of `pointwise` in later ones. The paper
    is silent on these; they give the weights of its Table 1.

    Parameters
    ----------
    filters:
        Of the 3x3 convolutions of the first set ("base convolutional layer width").
    pointwise:
        Of the 1x1 convolution after the branches meet.
    sets:
        Sets of convolutions, at least 2.
    multiplier:
        Filters of a set's 3x3 convolutions for each of the set before, up to the third set.
    cuff:
        Geometry of the inputs.
    """

    filters: int
    pointwise: int
    sets: int = 3
    multiplier: int = 2
    cuff: NerveCuff = field(default_factory=NerveCuff)

    def __post_init__(self):
        if self.sets < 2 or self.multiplier < 1:
            raise ValueError(
                "expected at least 2 sets and a multiplier of at least 1, got "
                f"{self.sets} and {self.multiplier}"
            )

    def architecture(self, name: str) -> Architecture:
        """The network's layers; `name` is its name."""
        branch = []
        for number in range(1, self.sets + 1):
            if number > 1:
                branch.append((f"pool{number - 1}", MaxPool((2, 2))))
            width = self.filters * self.multiplier ** (min(number, _GROWING_SETS) - 1)
            for index in range(1, 3 if number <= 2 else 2):
                branch.append((f"conv{number}_{index}", Conv2d(width, (3, 3), "relu")))
            if number > 1:
                narrow = self.filters if number == 2 else self.pointwise
                branch.append((f"pointwise{number}", Conv2d(narrow, (1, 1), "relu")))
        trunk = [
            ("concat", Concat()),
            ("pointwise", Conv2d(self.pointwise, (1, 1), "relu")),
            ("classes", Conv2d(self.cuff.classes, (1, 1), "linear")),
            ("average", GlobalAveragePool()),
            ("softmax", Softmax()),
        ]
        return two_branches(name, self.cuff, branch, trunk)
