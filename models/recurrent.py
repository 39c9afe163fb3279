"""The base of LSTM and GRU layers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any, ClassVar

import numpy as np

from build_decoder.models.files.fields import Fields
from build_decoder.models.layer import Cost, Layer, Shape, only_shape, require
from build_decoder.models.limits import MAX_WIDTH

__all__ = ["RecurrentLayer", "read_recurrent"]

# What the profiler counts outside of the loop, for each state that starts at zero: 8 for the four
# states of ESCAPE-RNN, which make the 47,810 FLOPs of Table 1 exact.
_PROFILED_PER_STATE = 2


@dataclass(frozen=True)
class RecurrentLayer(Layer):
    """Runs a cell over the time steps of (steps, channels), starting from zero states.

    Parameters
    ----------
    units:
        Outputs of the cell, and values of each of its states.
    sequences:
        true: the outputs of all steps are given, (steps, units). false: those of the step that is
        taken last, (units).
    backward:
        Whether the last step is taken first. Outputs of all steps are in the order of time all the
        same. Default: false.
    """

    units: int
    sequences: bool
    backward: bool = False

    gates: ClassVar[int]  # sums of products a unit
    states: ClassVar[int]  # values that a unit carries to the next step
    bias_rows: ClassVar[int]
    step_extra: ClassVar[int]  # FLOPs a unit and step beside the products
    keras_name: ClassVar[str]  # of the layer in ``keras.layers``

    def __post_init__(self):
        require(self.units >= 1, "at least 1 unit", self.units)

    def output_shape(self, shapes):
        steps, _ = only_shape(shapes, "steps", "channels")
        return (steps, self.units) if self.sequences else (self.units,)

    def weight_shapes(self, shapes):
        sums = self.gates * self.units
        return {
            "weights": (shapes[0][1], sums),
            "recurrent": (self.units, sums),
            "bias": (sums,) if self.bias_rows == 1 else (self.bias_rows, sums),
        }

    def state_values(self):
        return self.states * self.units

    def step_macs(self, shapes: Sequence[Shape]) -> int:
        """MACs of one time step."""
        return (shapes[0][1] + self.units) * self.gates * self.units

    def step_flops(self, shapes: Sequence[Shape]) -> int:
        """FLOPs of one time step."""
        return 2 * self.step_macs(shapes) + self.step_extra * self.units

    def cost(self, shapes):
        steps = shapes[0][0]
        step = self.step_flops(shapes)
        return Cost(
            steps * self.step_macs(shapes),
            steps * step,
            # The body of the loop is one piece of the graph, however often it runs.
            step + _PROFILED_PER_STATE * self.states,
        )

    def step(
        self,
        x: np.ndarray,
        state: tuple[np.ndarray, ...],
        weights: Mapping[str, np.ndarray],
    ) -> tuple[np.ndarray, ...]:
        """The states after a time step, each (samples, units); the first is the output."""
        raise NotImplementedError

    def forward(self, tensors, weights):
        x = tensors[0]
        state = (np.zeros((len(x), self.units), x.dtype),) * self.states
        outputs = np.empty((len(x), x.shape[1], self.units), x.dtype)
        order = range(x.shape[1])
        for index in reversed(order) if self.backward else order:
            after = self.step(x[:, index], state, weights)
            # Activation functions give float64: a float32 run rounds what it carries on.
            state = tuple(values.astype(x.dtype, copy=False) for values in after)
            outputs[:, index] = state[0]
        if self.sequences:
            return outputs
        return outputs[:, 0 if self.backward else -1]

    def to_keras(self, keras: ModuleType, name: str) -> Any:
        layer = getattr(keras.layers, self.keras_name)
        if not (self.backward and self.sequences):
            return layer(
                self.units,
                return_sequences=self.sequences,
                go_backwards=self.backward,
                name=name,
            )
        from build_decoder.models.keras_layers import TimeReversal  # imports TensorFlow

        backward = layer(self.units, return_sequences=True, go_backwards=True)
        return keras.Sequential([backward, TimeReversal()], name=name)


def read_recurrent(layer: type[RecurrentLayer], fields: Fields) -> RecurrentLayer:
    """The layer of class `layer` that a JSON object describes."""
    backward = "backward" in fields.values and fields.flag("backward")
    return layer(fields.size("units", MAX_WIDTH), fields.flag("sequences"), backward)
