"""How each family is trained: its stages and their learning rates (Sections 2.3 and 2.4.1).

The paper gives the optimiser, the loss and when to stop, but neither learning rates nor batches.
The rates here are ones that are known to train the networks on the paper's amount of data.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from models.escape.escape_fcn import EscapeFcn
from models.escape.escape_net import EscapeNet
from models.escape.escape_rnn import EscapeRnn
from models.escape.escape_tcn import EscapeTcn

__all__ = ["EPOCHS", "PATIENCE", "Network", "Schedule", "Stage", "schedule_of"]

EPOCHS = 1000
PATIENCE = 15

Network = EscapeNet | EscapeFcn | EscapeRnn | EscapeTcn

_PRETRAINING_EPOCHS = 25
_WHOLE = "whole"
# Learning rate and part of each stage; the last is trained for all epochs that are left.
_STAGES = {
    EscapeNet: (("conv1", 0.01), ("conv2", 0.001), (_WHOLE, 0.001)),
    EscapeFcn: ((_WHOLE, 0.2), (_WHOLE, 0.003), (_WHOLE, 0.01), (_WHOLE, 0.001)),
    EscapeRnn: ((_WHOLE, 0.005),),
    EscapeTcn: ((_WHOLE, 0.01), (_WHOLE, 0.001)),
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
        Name of Keras's initialiser of the weights of convolutions.
    gain:
        Factor on the signatures before they go into the network. A first layer that is `gain`
        times as large computes the same from signatures as they are.
    """

    stages: tuple[Stage, ...]
    batch: int = 32
    patience: int = PATIENCE
    momentum: float = 0.9
    validation: float = 0.1
    initial: str = "glorot_uniform"
    gain: float = 1.0


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

    ESCAPE-NET and Mini: the first convolution, then the second, then the whole. ESCAPE-FCN: the
    whole at four rates. ESCAPE-RNN: the whole at one. ESCAPE-TCN: the whole at two.

    Parameters
    ----------
    epochs:
        Of the whole network, at most. Each stage before the last has 25 of them, or an eighth of
        `epochs` where that is less.
    rate_scale:
        Multiplies the rate of the last stage, for runs of too few steps for the rates above.
    rates:
        In place of the family's: one for each stage, of which the last goes on to the end.
    gain:
        See `Schedule`; a larger one shortens the time until a deep network begins to learn.
    """
    parts = _STAGES[type(network)]
    if isinstance(network, EscapeNet) and len(network.kernels) < 2:
        parts = (parts[0], parts[-1])
    if rates:
        given = (*rates, *[rates[-1]] * len(parts))
        parts = tuple((part, rate) for (part, _), rate in zip(parts, given, strict=False))
    short = min(_PRETRAINING_EPOCHS, -(-epochs // 8))
    before = tuple(Stage(part, rate, short) for part, rate in parts[:-1])
    left = max(epochs - sum(stage.epochs for stage in before if stage.whole), 1)
    part, rate = parts[-1]
    stages = (*before, Stage(part, rate * rate_scale, left))
    if isinstance(network, EscapeFcn):
        # Without this, what comes out of so many ReLUs hardly depends on the signature at first.
        return Schedule(stages, batch, patience, initial="he_normal", gain=gain)
    return Schedule(stages, batch, patience, gain=gain)
