"""Networks in floats as random decoders: formats around those that hold all values, any folding."""

import math
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

import numpy as np

from build_decoder.hdl.layers import plan_type
from build_decoder.hdl.parallel_stack.layer import ParallelLayers
from build_decoder.hdl.stack.layer import StackedLayers
from build_decoder.hdl.stack.stages import stack_kinds, with_stacks
from build_decoder.models import Network
from build_decoder.quant.alike import alike_nodes
from build_decoder.quant.formats import NodeKey, integer_model
from build_decoder.quant.integer_model import IntegerModel
from build_decoder.quant.qformat import QFormat
from build_decoder.quant.range_analysis import analyse_ranges
from build_decoder.sim.random_columns import ColumnNetwork
from build_decoder.sim.random_networks import PROBES, random_multipliers

__all__ = ["random_decoder", "random_stacked_decoder"]

_MOST_PRODUCTS = 64
_BITS = 2, 10
_HEADROOMS = 1, 2, 1 << 20
"""Of sums of weights that are written; the last one is room for any that formats hold."""


def random_decoder(
    random: np.random.Generator, network: Network, *, reloadable: bool = False
) -> ColumnNetwork:
    """``network`` in formats that are often too narrow at either end, with any foldings and
    multipliers; with weights that are written at run time, if it is ``reloadable``."""
    headroom = int(random.choice(_HEADROOMS)) if reloadable else None
    model = _quantised(random, network, headroom)
    return ColumnNetwork(model, _choices(random, model, reloadable), reloadable)


def random_stacked_decoder(
    random: np.random.Generator, network: Network, *, alike: bool
) -> ColumnNetwork:
    """The same, whose recurrent layers in a row share multipliers; if formats are ``alike``, and
    no accumulator is cut off for the sake of its layer's products, a cell as well."""
    model = _quantised(random, network, None, alike_nodes(network) if alike else {})
    kind = (StackedLayers, ParallelLayers)[int(random.integers(2))]
    choices = _choices(random, with_stacks(model, kind), reloadable=False)
    return ColumnNetwork(model, choices, stacks=stack_kinds(model, kind))


def _quantised(
    random,
    network: Network,
    headroom: int | None,
    alike: Mapping[NodeKey, tuple[NodeKey, ...]] = MappingProxyType({}),
) -> IntegerModel:
    x = random.uniform(-1, 1, (PROBES, math.prod(network.inputs[0].shape)))
    ranges = analyse_ranges(network, x)
    while True:
        formats = {key: _around(random, found) for key, found in ranges.items()}
        formats = {key: formats[alike.get(key, (key,))[0]] for key in formats}
        try:
            return integer_model(network, formats, headroom=headroom)
        except ValueError:
            # Something is wider than the widest format, far apart as formats can be.
            continue


def _around(random, found: QFormat) -> QFormat:
    """A format for the values of ``found``, at times an integer bit more or fewer."""
    width = int(random.integers(*_BITS, size=2, endpoint=True).max())
    integer = found.integer + int(random.choice((-1, 0, 0, 0, 1)))
    return QFormat(integer, width - integer, found.signed)


def _choices(
    random, model: IntegerModel, reloadable: bool
) -> Mapping[str, Mapping[str, object]]:
    """What is chosen of each layer."""
    shapes = {item.name: item.shape for item in model.inputs}
    choices = {}
    for node in model.nodes:
        taken = [shapes[source] for source in node.inputs]
        shapes[node.name] = node.layer.output_shape
        plans = list(plan_type(node.layer).options(node.layer, taken))
        if plans[0].multiplying is not None:
            plans = [p for p in plans if p.multiplying.multipliers.blocks <= _MOST_PRODUCTS]
        plan = plans[int(random.integers(len(plans)))]
        plan = plan.reloadable_too() if reloadable else plan
        if plan.multiplying is not None:
            plan = replace(plan, multipliers=random_multipliers(random, plan.multiplying))
        if plan.choices:
            choices[node.name] = plan.choices
    return choices
