"""Random small networks with bit heaps: chains of dense layers, and convolutions."""

from dataclasses import dataclass, replace

import numpy as np

from build_decoder.hdl.heap.compressors import NAMES
from build_decoder.hdl.heap.planes import plane_counts
from build_decoder.hdl.heap.stages import on_heap, with_single_outputs
from build_decoder.hdl.layers.conv2d.heap.plan import ConvolutionHeapPlan
from build_decoder.hdl.planning.decoder_plan import DecoderPlan
from build_decoder.quant.integer_model import IntegerModel, ModelNode
from build_decoder.quant.layers.conv2d import Conv2d
from build_decoder.quant.layers.decision import Decision
from build_decoder.sim.random_columns import ColumnNetwork, random_columns
from build_decoder.sim.random_networks import random_network

__all__ = ["HeapNetwork", "random_heap_columns", "random_heaps"]

_MOST_LUTS = 1500
"""So that simulators compile a network in seconds."""


@dataclass(frozen=True)
class HeapNetwork:
    """A model, the family whose cells it is made of, the planes that its inputs come in, and
    whether outputs come one by one."""

    model: IntegerModel
    cells: str
    planes: int
    single: bool

    @property
    def plan(self) -> DecoderPlan:
        """The decoder's plan."""
        plan = on_heap(self.model, self.cells, self.planes)
        return with_single_outputs(plan) if self.single else plan

    def __str__(self):
        layers = ", ".join(
            f"{type(layer).__name__} -> {layer.output}" for layer in self.model.layers
        )
        return (
            f"{self.model.topology} of {self.model.input_format}, {self.cells}, {self.planes} "
            f"planes: {layers}"
        )


def random_heaps(random: np.random.Generator, *, name: str = "random") -> HeapNetwork:
    """A network of :func:`~sim.random_networks.random_network` that is small enough as heaps, at
    times with a decision behind it; some give outputs one by one, as on a board."""
    cells = NAMES[int(random.integers(len(NAMES)))]
    while True:
        model = random_network(random, name=name).model
        counts = plane_counts(model.input_format.width)
        planes = counts[int(random.integers(len(counts)))]
        try:
            (heap,) = on_heap(model, cells, planes).stages
        except ValueError:
            # Sums of too many codes are no heaps.
            continue
        if heap.plan.luts <= _MOST_LUTS:
            break
    if model.output_count > 1 and random.random() < 0.3:
        decision = Decision(model.output_format, model.output_count)
        node = ModelNode("decision", (model.nodes[-1].name,), decision)
        model = replace(model, nodes=(*model.nodes, node))
    return HeapNetwork(model, cells, planes, bool(random.random() < 0.2))


def random_heap_columns(random: np.random.Generator, *, name: str = "random") -> ColumnNetwork:
    """A network of :func:`~sim.random_columns.random_columns` with one convolution or more, of
    which most are bit heaps that are small enough."""
    cells = NAMES[int(random.integers(len(NAMES)))]

    def heap(layer: Conv2d) -> ConvolutionHeapPlan:
        counts = plane_counts(layer.input.width)
        return ConvolutionHeapPlan(layer, cells, counts[int(random.integers(len(counts)))])

    while True:
        drawn = random_columns(random, name=name)
        heaps = {
            node.name: heap(node.layer)
            for node in drawn.model.nodes
            if isinstance(node.layer, Conv2d) and _is_small(node.layer) and random.random() < 0.8
        }
        if heaps and sum(heap.luts for heap in heaps.values()) <= _MOST_LUTS:
            chosen = {name: heap.choices for name, heap in heaps.items()}
            return replace(drawn, choices={**drawn.choices, **chosen})


def _is_small(layer: Conv2d) -> bool:
    """Whether it can be a bit heap, of which there will not be far too many LUTs."""
    _, rows, _ = layer.shape
    if layer.weights.size * rows * layer.input.width > _MOST_LUTS:
        return False
    try:
        ConvolutionHeapPlan(layer, NAMES[0])
    except ValueError:
        # Sums of too many codes are no heaps.
        return False
    return True
