"""Continuous mode: a network that takes a step at a time, and keeps its states between them."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from build_decoder.models.architecture import Node
from build_decoder.models.layer import Layer, Mismatch, require
from build_decoder.models.recurrent import RecurrentLayer

__all__ = ["Carried", "carried", "plain"]


@dataclass(frozen=True)
class Carried(Layer):
    """A recurrent layer of a continuous network: a sample is a step, and samples follow in time.

    From (1, channels) to what ``layer`` gives of one step.

    Parameters
    ----------
    layer:
        The layer, which runs forwards.
    every:
        Samples after which the states are zero again; None if all samples are one sequence.
    """

    layer: RecurrentLayer
    every: int | None = None

    def __post_init__(self):
        require(not self.layer.backward, "a layer that runs forwards", "one that runs backwards")

    def output_shape(self, shapes):
        output = self.layer.output_shape(shapes)
        require(shapes[0][0] == 1, "one step a sample, shape (1, channels)", f"shape {shapes[0]}")
        return output

    def weight_shapes(self, shapes):
        return self.layer.weight_shapes(shapes)

    def output_activation(self):
        return self.layer.output_activation()

    def state_values(self):
        return self.layer.state_values()

    def cost(self, shapes):
        return self.layer.cost(shapes)

    @property
    def trained(self) -> bool:
        return self.layer.trained

    @property
    def over_steps(self) -> RecurrentLayer:
        """The layer as it is run on sequences: it gives the outputs of all steps."""
        return replace(self.layer, sequences=True)

    def sequences(self, samples: np.ndarray) -> np.ndarray:
        """Samples (samples, 1, ...) as (sequences, steps, ...).

        Raises
        ------
        Mismatch
            If they are not whole sequences.
        """
        count = len(samples)
        steps = count if self.every is None else self.every
        if steps and count % steps:
            raise Mismatch(f"sequences of {steps} samples each", f"{count} samples")
        return samples.reshape(count // steps if steps else 0, steps, *samples.shape[2:])

    def samples(self, sequences: np.ndarray) -> np.ndarray:
        """Values (sequences, steps, units) as those of the samples."""
        units = sequences.shape[2:]
        return sequences.reshape(-1, *((1, *units) if self.layer.sequences else units))

    def forward(self, tensors, weights):
        x = self.sequences(tensors[0])
        return self.samples(self.over_steps.forward([x], weights))


def carried(nodes: Iterable[Node]) -> tuple[Node, ...]:
    """The layers of a continuous network.

    Raises
    ------
    Mismatch
        If there is no recurrent layer, or one that takes all steps of a window together.
    """
    found = []
    for node in nodes:
        layer = node.layer
        if layer.takes_windows:
            raise Mismatch(
                "layers that take a step at a time in a continuous network",
                "one that takes all steps of a window", f"layer {node.name!r}",
            )
        if isinstance(layer, RecurrentLayer):
            try:
                layer = Carried(layer)
            except Mismatch as error:
                where = f"layer {node.name!r}"
                raise Mismatch(error.expected, error.got, where) from None
        found.append(replace(node, layer=layer))
    if not any(isinstance(node.layer, Carried) for node in found):
        raise Mismatch("a recurrent layer in a continuous network", "none")
    return tuple(found)


def plain(layer: Layer) -> Layer:
    """The layer itself, of one that may be carried."""
    return layer.layer if isinstance(layer, Carried) else layer

