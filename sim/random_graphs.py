"""Random small networks with branches."""

import numpy as np

from build_decoder.quant.integer_model import IntegerModel, ModelInput, ModelNode
from build_decoder.quant.layer import IntegerLayer
from build_decoder.quant.layers.add import Add, Total
from build_decoder.quant.layers.concat import Concat
from build_decoder.quant.layers.flatten import Flatten
from build_decoder.quant.qformat import QFormat
from build_decoder.sim.random_networks import (
    PROBES,
    RandomNetwork,
    random_format,
    random_layer,
    random_width,
    with_hardware,
)

__all__ = ["random_graph"]

_INPUT = "x"
_MOST_STEPS = 3
_MOST_FORMAT_BITS = 20
_MOST_JOINED = 4


def random_graph(random: np.random.Generator, *, name: str = "random") -> RandomNetwork:
    """A network of dense layers, concatenations, sums and flattenings, with branches.

    Dense layers take anything that there is so far, so that branches begin anywhere and a value may
    go to several layers. Concatenations bring branches together again, the last one all that
    nothing takes; sums have a dense layer and what goes around it. The first dense layer takes all
    inputs.
    """
    while True:
        model = _Draft(random, name).model()
        if model is not None:
            return with_hardware(random, model)


class _Draft:
    """Layers so far, with the values of some samples between them.

    Attributes
    ----------
    values : dict
        Format, and raw values (samples, ...), that the input and each node give, by name.
    loose : list of str
        Those that nothing takes.
    """

    def __init__(self, random: np.random.Generator, name: str):
        self.random, self.name = random, name
        self.nodes: list[ModelNode] = []
        format, shape = random_format(random), (random_width(random),)
        if random.random() < 0.3:
            shape = (int(random.integers(1, _MOST_STEPS, endpoint=True)), *shape)
        x = random.integers(format.min_raw, format.max_raw, (PROBES, *shape), endpoint=True)
        self.input = ModelInput(_INPUT, shape, format)
        self.values = {_INPUT: (format, x)}
        self.loose = [_INPUT]

    def model(self) -> IntegerModel | None:
        """The network, drawn to its end; None if values far apart in size would come together."""
        random, flat = self.random, _INPUT
        if len(self.input.shape) > 1:
            flat = self._add("flatten", self._flatten(), [_INPUT])
        self._add_dense(flat)
        for _ in range(int(random.integers(1, 5))):
            # Nothing but the flattening takes values of several time steps.
            there = [flat, *(name for name in self.values if name not in (flat, _INPUT))]
            kind = random.random()
            if kind < 0.3 and len(there) > 1:
                count = int(random.integers(2, min(len(there), _MOST_JOINED), endpoint=True))
                self._join(random.choice(there, count, replace=False).tolist())
            elif kind < 0.5:
                self._add_around(*random.choice(there, 2).tolist())
            else:
                self._add_dense(str(random.choice(there)))
        if len(self.loose) > 1 and not self._join(list(self.loose)):
            return None
        if random.random() < 0.7 or not isinstance(self.nodes[-1].layer, Concat):
            self._add_dense(self.loose[0])
        return IntegerModel(self.name, (self.input,), tuple(self.nodes))

    def _add(self, kind: str, layer: IntegerLayer, sources: list[str]) -> str:
        name = f"{kind}{len(self.nodes) + 1}"
        self.nodes.append(ModelNode(name, tuple(sources), layer))
        taken = [self.values[source][1] for source in sources]
        self.values[name] = layer.output, layer.compute(*taken)
        self.loose = [name, *(each for each in self.loose if each not in sources)]
        return name

    def _flatten(self) -> Flatten:
        format, x = self.values[_INPUT]
        return Flatten(format, x[0].size)

    def _add_dense(self, source: str, units: int | None = None) -> str:
        format, x = self.values[source]
        layer, _ = random_layer(self.random, format, x, units or random_width(self.random))
        return self._add("dense", layer, [source])

    def _add_around(self, source: str, beside: str) -> None:
        """The sum of ``beside`` and of a dense layer that takes ``source``."""
        beside_format, x = self.values[beside]
        dense = self._add_dense(source, x.shape[1])
        inputs = (beside_format, self.values[dense][0])
        exact = Total(inputs, beside_format).exact.format
        if exact.width > _MOST_FORMAT_BITS:
            return
        # At times too narrow at either end, so that sums saturate and are rounded.
        integer = exact.integer - int(self.random.integers(0, 3))
        fraction = exact.fraction - int(self.random.integers(0, 3))
        output = QFormat(integer, max(fraction, 1 - integer), bool(self.random.random() < 0.8))
        self._add("add", Add(Total(inputs, output), (x.shape[1],)), [beside, dense])

    def _join(self, sources: list[str]) -> bool:
        formats: tuple[QFormat, ...] = tuple(self.values[source][0] for source in sources)
        signed, integer = any(f.signed for f in formats), max(f.integer for f in formats)
        if signed + integer + max(f.fraction for f in formats) > _MOST_FORMAT_BITS:
            return False
        layer = Concat(formats, (sum(self.values[source][1].shape[1] for source in sources),))
        self._add("concat", layer, sources)
        return True
