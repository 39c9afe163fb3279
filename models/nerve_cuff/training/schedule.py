"""How each family is trained: its stages and their learning rates (Sections 2.3 and 2.4.1).

The paper gives the optimiser, the loss and when to stop, but neither learning rates nor batches,
nor initial weights. The rates of ESCAPE-NET, Mini and ESCAPE-RNN's first stage are ones that are
known to train the networks on the paper's amount of data; the others were found on less.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from build_decoder.models.nerve_cuff.escape_fcn import EscapeFcn
from build_decoder.models.nerve_cuff.escape_net import EscapeNet
from build_decoder.models.nerve_cuff.escape_rnn import EscapeRnn
from build_decoder.models.nerve_cuff.escape_tcn import EscapeTcn

__all__ = ["EPOCHS", "PATIENCE", "Network", "Schedule", "Stage", "schedule_of"]

EPOCHS = 1000
PATIENCE = 15

Network = EscapeNet | EscapeFcn | EscapeRnn | EscapeTcn

_INITIALS = ("keras", "unit_variance")
_MOST = {"conv1": 25, "conv2": 25}  # epochs (Section 2.4.1)
_WHOLE = "whole"
_SHORT, _LONG = 0.125, 0.75  # of the epochs, for a stage before the last
# Part, learning rate and share of each stage; the last is trained for all epochs that are left.
_STAGES = {
    EscapeNet: (("conv1", 0.01, _SHORT), ("conv2", 0.001, _SHORT), (_WHOLE, 0.001, 1)),
    EscapeFcn: ((_WHOLE, 0.003, _LONG), (_WHOLE, 0.001, 1)),
    EscapeRnn: ((_WHOLE, 0.005, _LONG), (_WHOLE, 0.001, 1)),
    EscapeTcn: ((_WHOLE, 0.01, _SHORT), (_WHOLE, 0.001, 1)),
}


@dataclass(frozen=True)
class Stage:
    """A part of the training, with one learning rate.

    Parameters
    ----------
    part:
        ``whole``, or the convolution of each branch, such as ``conv1``, that is trained with a
        temporary dense layer after it; what lies before it stays as it is.
    rate:
        Learning rate.
    epochs:
        At most.
    """

    part: str
    rate: float
    epochs: int

    @property
    def whole(self) -> bool:
        """Whether the whole network is trained."""
        return self.part == _WHOLE


@dataclass(frozen=True)
class Schedule:
    """All that training is, but for data and seed.

    Stochastic gradient descent on the categorical cross-entropy. A stage ends early when the
    loss on the validation part has not fallen for some epochs; either way it gives the weights
    of the epoch with the least.

    Parameters
    ----------
    stages:
        In their order.
    batch:
        Signatures of a step; the paper does not say, 32 is the default of Keras.
    patience:
        Epochs without a fall of the validation loss that end a stage.
    momentum:
        Of the optimiser.
    validation:
        Fraction of the training set's measured signatures that is set aside for validation.
    initial:
        ``keras``: as Keras draws them; ``unit_variance``: those, scaled and shifted on the
        training set (`models.nerve_cuff.training.initial`).
    clip:
        Largest norm, in a step, of the gradient of each array of weights; None for any.
    gain:
        Factor on the signatures before they go into the network. A first layer that is `gain`
        times as large computes the same from signatures as they are.
    """

    stages: tuple[Stage, ...]
    batch: int = 32
    patience: int = PATIENCE
    momentum: float = 0.9
    validation: float = 0.1
    initial: str = "keras"
    clip: float | None = None
    gain: float = 1.0

    def __post_init__(self):
        if self.initial not in _INITIALS:
            raise ValueError(f"expected one of {', '.join(_INITIALS)}, got {self.initial!r}")


def schedule_of(
    network: Network,
    *,
    epochs: int = EPOCHS,
    batch: int = 32,
    patience: int = PATIENCE,
    rate_scale: float = 1.0,
    rates: Sequence[float] = (),
    gain: float = 1.0,
) -> Schedule:
    """The schedule of a network's family.

    ESCAPE-NET and Mini: the first convolution, then the second, for 25 epochs each as in the
    paper, or an eighth of `epochs` where that is less; then the whole. The others: the whole at
    two rates, the first for an eighth (ESCAPE-TCN) or three quarters of `epochs`, at most.

    Parameters
    ----------
    epochs:
        Most epochs of the whole network.
    rate_scale:
        Multiplies the rate of the last stage, for runs of too few steps for the rates above.
    rates:
        Rates in place of the family's, one for each stage. If there are too few, the last one holds
        for all stages that are left; if there are too many, the rest is not used.
    gain:
        See `Schedule`; a larger one shortens the time until a deep network begins to learn.
    """
    parts = _STAGES[type(network)]
    if isinstance(network, EscapeNet) and len(network.kernels) < 2:
        parts = (parts[0], parts[-1])
    if rates:
        given = (*rates, *[rates[-1]] * len(parts))
        parts = tuple(
            (part, rate, share) for (part, _, share), rate in zip(parts, given, strict=False)
        )
    stages, left = [], epochs
    for part, rate, share in parts[:-1]:
        some = math.ceil(share * epochs)
        if part == _WHOLE:
            some = min(some, epochs - 1)  # one at least is for the last
            left -= some
        stages.append(Stage(part, rate, min(some, _MOST.get(part, some))))
    part, rate, _ = parts[-1]
    stages = (*(stage for stage in stages if stage.epochs), Stage(part, rate * rate_scale, left))
    if isinstance(network, EscapeFcn):
        # Without this, what comes out of so many ReLUs hardly depends on the signature at first;
        # with it, some steps would be so large that no ReLU passes anything after them.
        return Schedule(stages, batch, patience, initial="unit_variance", clip=1.0, gain=gain)
    return Schedule(stages, batch, patience, gain=gain)
