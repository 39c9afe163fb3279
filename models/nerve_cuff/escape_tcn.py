"""ESCAPE-TCN, convolutions along time alone: a family of this project, not of the paper."""

from dataclasses import dataclass, field

from build_decoder.models.architecture import Architecture, Input
from build_decoder.models.layers.conv2d import Conv2d
from build_decoder.models.layers.dense import Dense
from build_decoder.models.layers.dropout import Dropout
from build_decoder.models.layers.flatten import Flatten
from build_decoder.models.layers.max_pool import MaxPool
from build_decoder.models.layers.softmax import Softmax
from build_decoder.models.nerve_cuff.cuff import NerveCuff

__all__ = ["EscapeTcn"]


@dataclass(frozen=True)
class EscapeTcn:
    """Convolutions over the time steps with pools after them, then a dense layer.

    As in ESCAPE-RNN a contact is a channel. The first convolution therefore mixes all contacts
    with weights of their own: it needs neither two branches, nor two orders of the contacts, nor
    filters that slide over them, which is where the paper's convolutional families spend their
    MACs. A filter about as long as an nCAP takes to pass the cuff (0.5 ms from the first ring to
    the last at 36 m/s, 15 samples) is matched to places and velocities at once; the pool after it
    makes up for the few samples by which detection is off.

    Parameters
    ----------
    filters:
        Of each convolution.
    dense:
        Units of the dense layer; 0 for none.
    kernels:
        Time steps of the filters of each convolution; one convolution each.
    pool:
        Time steps of the windows of the pool after each convolution.
    dropout:
        Rate before the last layer, in training; 0 for none.
    cuff:
        Geometry of the input, which is (samples, 1, channels): a step is one sample of all
        contacts.
    """

    filters: int
    dense: int
    kernels: tuple[int, ...] = (25,)
    pool: int = 25
    dropout: float = 0.0
    cuff: NerveCuff = field(default_factory=NerveCuff)

    def __post_init__(self):
        if not self.kernels:
            raise ValueError("expected at least one convolution, got none")
        if self.dense < 0:
            raise ValueError(f"expected at least 0 dense units, got {self.dense}")

    def architecture(self, name: str) -> Architecture:
        """The network's layers; `name` is its name."""
        layers = []
        for number, kernel in enumerate(self.kernels, 1):
            layers.append((f"conv{number}", Conv2d(self.filters, (kernel, 1), "relu")))
            layers.append((f"pool{number}", MaxPool((self.pool, 1))))
        layers.append(("flatten", Flatten()))
        if self.dense:
            layers.append(("dense", Dense(self.dense, "relu")))
        if self.dropout:
            layers.append(("dropout", Dropout(self.dropout)))
        layers += [("classes", Dense(self.cuff.classes, "linear")), ("softmax", Softmax())]
        shape = (self.cuff.samples, 1, self.cuff.channels)
        return Architecture.chain(name, Input("contacts", shape), layers)
