"""Weights, operations and memory of an architecture, by formula (paper: Section 2.2, Table 1)."""

import math
from dataclasses import dataclass

from build_decoder.models.architecture import Architecture

__all__ = ["Resources", "resources"]


@dataclass(frozen=True)
class Resources:
    """Weights, operations and memory of one inference.

    Parameters
    ----------
    weights:
        Parameters, biases included.
    macs:
        Multiplications with an addition, as `models.layer.Cost` defines them.
    flops:
        Floating-point operations.
    profiled_flops:
        The operations that the paper's profiler counts: fewer than `flops` if there is a loop over
        time.
    peak_values:
        Largest number of values that must be kept at a time, without weights. Layers run in the
        order in which they are listed. While a layer runs, memory holds its output, its states if
        it is recurrent, and all inputs of the network and outputs of layers that it or a later
        layer takes. Concatenation, flattening and dropout move nothing: their outputs lie where
        their inputs lie. With 8 bits a value it is also the number of bytes.
    """

    weights: int
    macs: int
    flops: int
    profiled_flops: int
    peak_values: int


def resources(architecture: Architecture) -> Resources:
    """Weights, operations and memory of one inference of the network."""
    costs = [node.layer.cost(architecture.input_shapes(node)) for node in architecture.nodes]
    return Resources(
        weights=sum(
            math.prod(shape)
            for node in architecture.nodes
            for shape in architecture.weight_shapes(node).values()
        ),
        macs=sum(cost.macs for cost in costs),
        flops=sum(cost.flops for cost in costs),
        profiled_flops=sum(cost.profiled_flops for cost in costs),
        peak_values=_peak_values(architecture),
    )


def _peak_values(architecture: Architecture) -> int:
    # The tensors that are really there, by the name that each was made under.
    made_of = {item.name: {item.name} for item in architecture.inputs}
    last_use = dict.fromkeys(made_of, 0)
    made_at = dict.fromkeys(made_of, 0)
    for index, node in enumerate(architecture.nodes):
        sources = set().union(*(made_of[name] for name in node.inputs))
        for name in sources:
            last_use[name] = index
        if node.layer.in_place:
            made_of[node.name] = sources
        else:
            made_of[node.name] = {node.name}
            made_at[node.name] = last_use[node.name] = index
    return max(
        node.layer.state_values()
        + sum(
            math.prod(architecture.shapes[name])
            for name in made_at
            if made_at[name] <= index <= last_use[name]
        )
        for index, node in enumerate(architecture.nodes)
    )
