"""Layers, training data and training settings of each network of the zoo."""

from dataclasses import dataclass

from build_decoder.models.spikes import SpikeModel

__all__ = ["RECIPES", "LayerRecipe", "Recipe", "TrainingOptions"]


@dataclass(frozen=True)
class LayerRecipe:
    """A dense layer to be trained: its width and the name of its activation function."""

    units: int
    activation: str


@dataclass(frozen=True)
class TrainingOptions:
    """How to train.

    Parameters
    ----------
    epochs:
        At most; training ends earlier once the loss on the validation samples stops falling.
    learning_rate:
        Of AdamW.
    weight_decay:
        Of AdamW, on the weights but not on the biases.
    input_noise:
        Standard deviation of the noise on the inputs, in standard deviations of the inputs.
    hidden_noise:
        Standard deviation of the noise on the outputs of each hidden layer.
    patience:
        Epochs without a better validation loss after which training ends.
    """

    epochs: int = 60
    learning_rate: float = 1e-3
    weight_decay: float = 0.02
    input_noise: float = 0.5
    hidden_noise: float = 0.1
    patience: int = 8


@dataclass(frozen=True)
class Recipe:
    """A network of the zoo and the recording session that it learns from.

    Parameters
    ----------
    spikes:
        Where the trials come from; one output unit an action.
    layers:
        From the first hidden layer to the output.
    training:
        How to train.
    """

    spikes: SpikeModel
    layers: tuple[LayerRecipe, ...]
    training: TrainingOptions = TrainingOptions()


def _layers(*layers: tuple[int, str]) -> tuple[LayerRecipe, ...]:
    return tuple(LayerRecipe(units, activation) for units, activation in layers)


RECIPES = {
    # AHEAD, Table 1, Case 1: 800-20-2
    "ahead_case1": Recipe(
        SpikeModel(units=200, bins=4, actions=2, depth=0.22, error_trials=0.05),
        _layers((20, "sigmoid"), (2, "sigmoid")),
    ),
    # AHEAD, Table 1, Case 2: 768-48-20-2
    "ahead_case2": Recipe(
        SpikeModel(units=192, bins=4, actions=2, depth=0.2, error_trials=0.04),
        _layers((48, "sigmoid"), (20, "sigmoid"), (2, "sigmoid")),
    ),
    # AHEAD, Figure 4: 768-48-20-7, a different activation in each layer
    "ahead_fig4": Recipe(
        SpikeModel(units=192, bins=4, actions=7, depth=0.27, error_trials=0.08),
        _layers((48, "linear"), (20, "tanh"), (7, "sigmoid")),
    ),
    # for the smallest boards: 16-8-2
    "tiny": Recipe(
        SpikeModel(units=16, bins=1, actions=2, depth=1.2, error_trials=0.04),
        _layers((8, "relu"), (2, "sigmoid")),
    ),
}
