"""Fast evaluation of many formats of one network on the same samples."""

from functools import lru_cache

import numpy as np

from models.golden import GoldenData
from models.network import Network
from quant.dense import Dense
from quant.formats import NetworkFormats, integer_layer
from quant.quality import Quality, compare

__all__ = ["Evaluator"]

_REMEMBERED = 64
"""Results of layers that are kept; a search changes one node at a time, mostly a late one."""


class Evaluator:
    """Runs integer models of ``network`` on ``golden``, each layer only when it has changed.

    What a layer gives depends on the formats up to it, and its exact sums on those up to its
    weights; both are remembered under these formats.
    """

    def __init__(self, network: Network, golden: GoldenData):
        self.network = network
        self.golden = golden
        self._exact_sums = lru_cache(_REMEMBERED)(self._compute_exact_sums)
        self._outputs = lru_cache(_REMEMBERED)(self._compute_outputs)

    def outputs(self, formats: NetworkFormats) -> np.ndarray:
        """Real outputs (samples, outputs) of the integer model with ``formats``."""
        last = len(self.network.layers)
        return formats[last, "output"].to_real(self._outputs(last, _frozen(formats)))

    def quality(self, formats: NetworkFormats) -> Quality:
        """Quality of the integer model with ``formats``."""
        return compare(self.outputs(formats), self.golden)

    def _layer(self, number: int, frozen: tuple) -> Dense:
        return integer_layer(self.network, dict(frozen), number)

    def _compute_outputs(self, number: int, frozen: tuple) -> np.ndarray:
        if number == 0:
            return dict(frozen)[1, "input"].quantise(self.golden.x)
        layer = self._layer(number, frozen)
        exact = self._exact_sums(number, _up_to(frozen, number, ("input", "weight")))
        return layer.activation.compute(layer.sums(exact))

    def _compute_exact_sums(self, number: int, frozen: tuple) -> np.ndarray:
        before = self._outputs(number - 1, _up_to(frozen, number, ("input",)))
        weight = dict(frozen)[number, "weight"].quantise(self.network.layers[number - 1].weights)
        return Dense.exact_sums_of(before, weight)


def _frozen(formats: NetworkFormats) -> tuple:
    return tuple(sorted(formats.items(), key=lambda item: item[0]))


def _up_to(frozen: tuple, number: int, nodes: tuple[str, ...]) -> tuple:
    """The formats of all layers before ``number``, and of its own ``nodes``."""
    return tuple(
        (key, format) for key, format in frozen
        if key[0] < number or (key[0] == number and key[1] in nodes)
    )
