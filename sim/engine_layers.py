"""What each layer of a column engine gives in a simulation."""

from collections.abc import Callable, Mapping

import numpy as np

from build_decoder.hdl.decoder import Decoder
from build_decoder.hdl.engine.component import EngineComponent
from build_decoder.hdl.engine.layers import EngineLayer
from build_decoder.hdl.planning.decoder_plan import DecoderPlan

__all__ = ["EngineLayers"]


class EngineLayers:
    """Watches the engine of a decoder, if it has one.

    Of each layer, what it narrows is collected ahead of its pool, and what goes into the memory of
    columns behind it.

    Attributes
    ----------
    watches : list of callable
        Testbenches beside a simulation of the decoder, which forget what was collected before.
    """

    def __init__(self, decoder: Decoder):
        self._plan: DecoderPlan = decoder.plan
        self._engine = next(
            (part for part in decoder.components.values() if isinstance(part, EngineComponent)),
            None,
        )
        self._layers = [] if self._engine is None else self._engine.plan.network.layers
        self._narrowed: dict[str, list[int]] = {layer.name: [] for layer in self._layers}
        self._kept: dict[str, list[int]] = {
            layer.name: [] for layer in self._layers if layer.target is not None
        }

    @property
    def watches(self) -> list[Callable]:
        if self._engine is None:
            return []
        drain = self._engine.drain
        return [
            self._watch(drain.made, drain.narrowed, self._narrowed),
            self._watch(drain.keep, drain.values, self._kept),
        ]

    def _watch(self, given, values, collected: Mapping[str, list[int]]) -> Callable:
        async def testbench(ctx):
            for of_layer in collected.values():
                of_layer.clear()
            # Values of a layer are given before the step goes on to another one.
            sampled = ctx.tick().sample(given, self._engine.table.step.layer, values)
            async for _, _, there, number, value in sampled:
                layer = self._layers[number]
                if there and layer.name in collected:
                    of_layer = collected[layer.name]
                    # The last outputs of a position may fill a transfer in part.
                    of_layer += list(value)[: layer.filters - len(of_layer) % layer.filters]

        return testbench

    def compared(
        self, values: Mapping[str, np.ndarray]
    ) -> list[tuple[str, np.ndarray, np.ndarray]]:
        """Of each layer what it is, what was given and what was to be, raw (frames, values).

        Parameters
        ----------
        values
            Raw values of all nodes, by name.
        """
        found = []
        for layer in self._layers:
            found.append(self._pair(layer, layer.name, self._narrowed[layer.name], values))
            if layer.target is not None:
                what = f"{layer.ends} in memory"
                found.append((what, *self._pair(layer, layer.ends, self._kept[layer.name],
                                                values)[1:]))
        return found

    def _pair(
        self, layer: EngineLayer, node: str, given: list[int], values: Mapping[str, np.ndarray]
    ) -> tuple[str, np.ndarray, np.ndarray]:
        wanted = values[node].reshape(len(values[node]), -1)
        if layer.target is not None:
            output = next(n.layer.output for n in self._plan.model.nodes if n.name == layer.name)
            # A concatenation may have more fraction bits than what is brought together.
            wanted = wanted << (layer.target.format.fraction - output.fraction)
        if len(given) != wanted.size:
            raise ValueError(f"{node}: expected {wanted.size} values, got {len(given)}")
        return node, np.array(given, dtype=np.int64).reshape(wanted.shape), wanted
