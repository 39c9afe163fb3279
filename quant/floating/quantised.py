"""From a trained network and golden data to a decoder in floating point: the quantise stage."""

import numpy as np

from build_decoder.models.golden import GoldenData
from build_decoder.models.network import Network
from build_decoder.quant.floating.advice import float_advice
from build_decoder.quant.floating.convert import float_model
from build_decoder.quant.floating.float_format import FloatFormat
from build_decoder.quant.floating.ranged import Ranged
from build_decoder.quant.floating.recurrent import FloatRecurrent
from build_decoder.quant.floating.seen import values_seen
from build_decoder.quant.formats import INPUT, NodeKey
from build_decoder.quant.integer_model import IntegerModel
from build_decoder.quant.quality import Reference
from build_decoder.quant.quantised import Quantised
from build_decoder.quant.search_result import SearchResult, Step

__all__ = ["FLOATING", "float_quantised", "input_ranges"]

FLOATING = "floating"
"""Name of what stands in for a search."""


def float_quantised(
    network: Network,
    golden: GoldenData,
    format: FloatFormat,
    *,
    uniform_segments: int | None = None,
) -> Quantised:
    """The decoder in one format, in the place of what a search finds: nothing is searched.

    Ranges of inputs are taken from the part of ``golden`` that is not held out. Warnings tell of
    samples whose inputs are beyond them, and of a format that is too small or too coarse for the
    network.

    Parameters
    ----------
    uniform_segments
        As for :func:`quant.quantise.quantise`.

    Raises
    ------
    InputError
        As :func:`quant.floating.convert.float_model` does.
    """
    searched = golden.search
    model = float_model(network, searched.x, format, uniform_segments=uniform_segments)
    y = model.predict(golden.x)
    seen, unseen = Reference(searched).compare(y[~golden.held_out]), None
    if golden.held_out.any():
        unseen = Reference(golden.unseen, scale=searched).compare(y[golden.held_out])
    formats = {NodeKey(network.inputs[0].name, INPUT): format} | {
        NodeKey(node.name, signal.role): signal.format
        for node in model.nodes for signal in node.layer.signals if signal.role != INPUT
    }  # fmt: skip
    step = Step(FLOATING, formats, model.average_bit_width(), seen, 0, 0.0)
    warnings = float_advice(
        network, golden, format, y, seen,
        beyond=_beyond(input_ranges(model, network, golden.x)), uniform_segments=uniform_segments,
    )  # fmt: skip
    return Quantised(
        model=model,
        search=SearchResult(FLOATING, network, (step,), np.zeros(len(searched), dtype=bool)),
        seen=seen,
        unseen=unseen,
        all=Reference(golden).compare(y),
        uniform_segments=uniform_segments,
        warnings=tuple(warnings),
    )


def _beyond(ranges: list[dict[str, int | float]]) -> str | None:
    """What is limited, in words, since it is beyond ``ranges`` of :func:`input_ranges`; None if
    nothing is."""
    of = " and ".join(
        f"{found['beyond']} of {found['inputs']} of layer {found['layer']}, up to "
        f"{found['greatest']:g} in size"
        for found in ranges if found["beyond"]
    )  # fmt: skip
    if not of:
        return None
    return f"inputs are beyond the range of those searched on, and are limited to it: {of}"


def input_ranges(
    model: IntegerModel, network: Network, x: np.ndarray
) -> list[dict[str, int | float]]:
    """For each layer in floating point, the range that its inputs are taken from, and how many of
    those that real samples ``x`` (samples, inputs) lead to are not of it.

    ``layer`` is its number, from 1; ``greatest`` the greatest input, ``least_exponent`` that of the
    last bit, ``inputs`` how many there are, and ``beyond`` how many of them are greater or NaN;
    ``cut`` how many others have bits below the last one. ``small`` is how many inputs of the same
    layer of ``network``, which ``model`` was made of, lose bits or become zero before, since they
    are smaller than the least normal number of the format. Of a layer over time steps, ``states``
    is how many states come back to be multiplied with gates, and ``states_cut`` how many of them
    have bits below the last one that is taken there.
    """
    found = {
        number: {
            "layer": number, "greatest": node.layer.range.greatest,
            "least_exponent": node.layer.range.least, "inputs": 0, "beyond": 0, "cut": 0,
            "small": 0,
        }
        | ({"states": 0, "states_cut": 0} if isinstance(node.layer, FloatRecurrent) else {})
        for number, node in enumerate(model.nodes, start=1) if isinstance(node.layer, Ranged)
    }  # fmt: skip
    for values in model.values_by_parts(model.quantise_input(x)):
        for number, counts in found.items():
            node = model.nodes[number - 1]
            range = node.layer.range
            for raw in (values[name] for name in node.inputs):
                beyond = ~(np.abs(range.format.decode(raw)) <= range.greatest)
                counts["inputs"] += raw.size
                counts["beyond"] += int(np.count_nonzero(beyond))
                counts["cut"] += int(np.count_nonzero(range.beyond(raw) & ~beyond))
                if isinstance(node.layer, FloatRecurrent):
                    states, cut = node.layer.states_cut(raw)
                    counts["states"] += states
                    counts["states_cut"] += cut
    for floats in values_seen(network, x):
        for number, counts in found.items():
            node = model.nodes[number - 1]
            underflows = node.layer.range.format.underflows
            counts["small"] += sum(
                int(np.count_nonzero(underflows(floats[name]))) for name in node.inputs
            )
    return list(found.values())
