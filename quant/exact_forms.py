"""The step ``exact``: formats that hold for activations as they are built.

The evaluator runs activations of wide inputs as float functions."""

from build_decoder.models.network import Network
from build_decoder.quant.activations import is_exact
from build_decoder.quant.activations.forms import MAX_TABLE_WIDTH
from build_decoder.quant.format_moves import with_bits
from build_decoder.quant.formats import (
    NetworkFormats,
    NodeKey,
    edge_formats,
    integer_model,
    node_formats,
)
from build_decoder.quant.layers import quantiser_of
from build_decoder.quant.weight_rounding import on_grid
from build_decoder.quant.width_search import WidthSearch

__all__ = ["approximated", "made_exact"]

_FINER_OUTPUTS = 8
"""Most fraction bits that outputs get to make up for the errors of generated activations."""


def approximated(network: Network, formats: NetworkFormats) -> list[NodeKey]:
    """Outputs of generated activations whose inputs are so wide that the evaluator took the float
    function: see :data:`quant.activations.forms.MAX_TABLE_WIDTH`."""
    edges = edge_formats(network, formats)
    found = []
    for node in network.nodes:
        own = node_formats(formats, node)
        for activation in quantiser_of(node.layer).activations(node.layer):
            # Of a softmax, what goes in follows from its input.
            into = own.get(activation.input) or edges[node.inputs[0]]
            if not is_exact(activation.activation) and into.width > MAX_TABLE_WIDTH:
                found.append(NodeKey(node.name, activation.output))
    return found


def made_exact(
    search: WidthSearch, formats: NetworkFormats, uniform_segments: int | None
) -> NetworkFormats:
    """``formats`` with wider outputs, so that the integer model itself keeps the criterion.

    A generated activation has an error of up to a step of its output, which the evaluator did not
    see if it ran the float function. If no width is enough, the last one tried is returned.
    """
    wide = dict.fromkeys(search.alike[key][0] for key in approximated(search.network, formats))
    for _ in range(_FINER_OUTPUTS):
        models = (
            integer_model(
                on_grid(network, formats, rounding), formats, uniform_segments=uniform_segments
            )
            for network, rounding in zip(search.networks, search.roundings, strict=True)
        )
        if all(
            judge.standard.keeps(model.predict)
            for judge, model in zip(search.judge.each, models, strict=True)
        ):
            break
        for key in wide:
            finer = with_bits(formats[key], fraction=formats[key].fraction + 1)
            formats = search.changed(formats, key, finer)
    return formats
