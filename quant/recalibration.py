"""Weights of another day in the formats of a decoder that was built: no new hardware."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from build_decoder.models.errors import InputError
from build_decoder.models.golden import GoldenData
from build_decoder.models.layers.dense import Dense
from build_decoder.models.network import Network, Node
from build_decoder.quant.exercise import affordable
from build_decoder.quant.formats import place_of
from build_decoder.quant.integer_model import IntegerModel
from build_decoder.quant.layer import IntegerLayer
from build_decoder.quant.operations.raw_array import RawArray
from build_decoder.quant.pruning import common_pruning_path
from build_decoder.quant.quality import Quality, Reference
from build_decoder.quant.refit import refitted
from build_decoder.quant.same_shape import check_same_constants, check_same_shape
from build_decoder.quant.weight_rounding import CompensatedRounding

__all__ = ["MAX_LOSS", "Recalibrated", "recalibrate"]

MAX_LOSS = 0.003
"""Accuracy, or R2, that a recalibration may lose: formats were not searched for these weights."""

_DENSE = ("weights", "bias")

_BEYOND = 4.0
"""How many times as far as its format a weight or bias may reach. Formats that were searched let
the largest weights saturate; one so much larger is of a network on another scale."""

_MANY_BEYOND = 0.01
"""Part of all inputs beyond the input's format from which on a refusal tells of them."""


@dataclass(frozen=True)
class Recalibrated:
    """An integer model of new weights, and how good it is.

    Attributes
    ----------
    model
        As the built one, but for weights and biases.
    network
        The new network with as many neurons as were built, in floats.
    seen, unseen, all
        Quality on the samples that rounding looked at, on those held out from it (None if there are
        none), and on both.
    saturated
        Fraction of weights and biases that their format does not reach, by layer and array.
    inputs_saturated
        Fraction of golden inputs that the input's format does not reach.
    """

    model: IntegerModel
    network: Network
    seen: Quality
    unseen: Quality | None
    all: Quality
    saturated: Mapping[tuple[str, str], float]
    inputs_saturated: float


def recalibrate(
    built: IntegerModel,
    origin: Network,
    network: Network,
    golden: GoldenData,
    *,
    max_loss: float = MAX_LOSS,
) -> Recalibrated:
    """``network`` in the formats, and with as many neurons, as ``built`` has.

    Neurons that were left out of the built decoder are left out of the new one by the same measure,
    as many in each layer. Weights are rounded so that errors cancel in the sums on ``golden``, but
    for the part of it that is held out; they are fitted to what layers before give in integers, if
    that keeps more of the decisions.

    Parameters
    ----------
    built
        The integer model that was built, with weights that may be written.
    origin
        The network that it was built of, in floats.
    network
        A network of the same layers, with other weights.
    golden
        Its golden data.
    max_loss
        Accuracy, or R2 of a regression, that may be lost on all of ``golden``.

    Raises
    ------
    InputError
        If the network is not of the same layers, weights that are not trained differ, others are
        far beyond a format or beyond what sums hold, or too much is lost.
    """
    if not built.writable:
        raise InputError.at(
            built.name, "", expected="a decoder built with weights that can be written "
            "(--reloadable)", got="one with constant weights",
        )
    check_same_shape(origin, network)
    check_same_constants(origin, network)
    network = network.in_sequences(golden.steps)
    form = built.input_format
    low, high = form.to_real([form.min_raw, form.max_raw + 1])
    beyond = float(np.mean((golden.x < low) | (golden.x >= high)))
    try:
        best = _best_in_formats(built, network, affordable(network, golden.search))
        y = best.model.predict(golden.x, steps=golden.steps)
        quality = Reference(golden).compare(y)
        _check_loss(network, quality, max_loss)
    except InputError as error:
        if beyond < _MANY_BEYOND:
            raise
        # All that follows from it would be blamed on the weights.
        raise InputError(
            f"{error}; {beyond:.1%} of the inputs are beyond the decoder's input format, {form} of "
            f"{low:g} to {high - form.resolution:g}, and are limited to it"
        ) from None
    unseen = None
    if golden.held_out.any():
        unseen = Reference(golden.unseen, scale=golden.search).compare(y[golden.held_out])
    return Recalibrated(
        model=best.model,
        network=best.network,
        seen=Reference(golden.search).compare(y[~golden.held_out]),
        unseen=unseen,
        all=quality,
        saturated=best.saturated,
        inputs_saturated=beyond,
    )


def _best_in_formats(built: IntegerModel, network: Network, golden: GoldenData) -> "_Candidate":
    """The way that changes least on the samples that a search may look at, ``golden``."""
    return min(
        (
            _in_formats(built, candidate, golden, refit=refit)
            for candidate in _of_built_sizes(built, network, golden)
            for refit in (False, True)
        ),
        key=lambda candidate: candidate.changed,
    )


def _of_built_sizes(built: IntegerModel, network: Network, golden: GoldenData) -> list[Network]:
    """``network`` with as many neurons as ``built``: in one way, or in two where it cannot be told
    whether linear layers were reduced."""
    if not network.is_dense_chain:
        return [network]
    sizes = [layer.output_count for layer in built.layers[:-1]]
    had = [layer.units for layer in network.layers[:-1]]
    for number, (size, now) in enumerate(zip(sizes, had, strict=True), start=1):
        if now < size:
            raise InputError.at(
                network.name, f"layer {number}", expected=f"{size} units or more, which were built",
                got=str(now),
            )
    path = list(common_pruning_path([(network, golden.x)], least=sizes))
    found = [path[-1][0]] if path else []
    return [network, *found] if sizes == had else found


def _in_formats(
    built: IntegerModel, network: Network, golden: GoldenData, *, refit: bool
) -> "_Candidate":
    """A network of the built sizes in integers, each layer for the values that it gets there.

    Parameters
    ----------
    refit
        Whether dense layers are fitted again to coarse values of layers before them.
    """
    floats = network.values(golden.x)
    raw = built.given_values(built.quantise_input(golden.x))
    names = dict(zip(raw, floats, strict=False))
    nodes, saturated = [], {}
    for made, node in zip(built.nodes, network.nodes, strict=True):
        layer, where = made.layer, place_of(network, node.name)
        if layer.writable:
            for name, array in layer.arrays.items():
                saturated[made.name, name] = _check_reach(network, node, where, name, array)
            if isinstance(node.layer, Dense):
                taken = layer.inputs[0].to_real(raw[made.inputs[0]])
                if refit and made.inputs[0] not in names:
                    fitted = refitted(
                        node.weights["weights"], node.weights["bias"],
                        floats[node.inputs[0]], taken,
                    )
                    node = replace(node, weights=dict(zip(_DENSE, fitted, strict=True)))
                node = _rounded(node, layer, taken)
            values = {name: array.format.quantise(node.weights[name])
                      for name, array in layer.arrays.items()}
            layer = _written(network, where, layer, values)
        nodes.append(replace(made, layer=layer))
        taken = (raw[name] for name in made.inputs)
        raw[made.name] = nodes[-1].compute(*taken, steps=golden.steps)
    model = replace(built, name=network.name, nodes=tuple(nodes))
    y = model.dequantise_output(raw[made.name].reshape(len(golden), -1))
    quality = Reference(golden).compare(y)
    changed = 1 - min(quality.agreements, default=1.0)
    return _Candidate(network, model, saturated, (changed, quality.output_error))


class _Candidate(NamedTuple):
    """A way to recalibrate, and how much it changes: decisions, then outputs."""

    network: Network
    model: IntegerModel
    saturated: dict[tuple[str, str], float]
    changed: tuple[float, float]


def _rounded(node: Node, layer: IntegerLayer, taken: np.ndarray) -> Node:
    """A dense node with rounded weights, whose errors cancel on inputs ``taken`` (samples, terms),
    and the bias that makes up for them."""
    alone = Network.chain(node.name, taken.shape[1], [(node.name, node.layer, node.weights)])
    arrays = CompensatedRounding(alone, taken).arrays(alone.nodes[0], layer.weight)
    return replace(node, weights=arrays)


def _check_reach(
    network: Network, node: Node, where: str, name: str, array: RawArray
) -> float:
    """Fraction of an array's values that its format does not reach.

    Raises
    ------
    InputError
        If one of them is far beyond it.
    """
    values, format = node.weights[name], array.format
    low, high = format.to_real([format.min_raw, format.max_raw])
    far = np.abs(values) > -_BEYOND * low
    if far.any():
        place = tuple(int(axis) for axis in np.argwhere(far)[0])
        raise InputError.at(
            network.name, f"{where}, neuron {place[-1]}: {name}",
            expected=f"at most {-_BEYOND * low:g} either way, {_BEYOND:g} times what {format} "
            "holds: is it trained on inputs of the same scale?",
            got=f"{values[place]:.6g}",
        )
    half = format.resolution / 2
    return float(np.mean((values < low - half) | (values >= high + half)))


def _written(
    network: Network, where: str, layer: IntegerLayer, raw: Mapping[str, np.ndarray]
) -> IntegerLayer:
    for name, array in layer.arrays.items():
        matrix = replace(array, raw=raw[name], reach=None)
        excess = array.reach.excess(matrix.positive, matrix.negative)
        if excess is not None:
            neuron, text = excess
            raise InputError(
                f"{network.name}: {where}, neuron {neuron}: {name}: {text}, in steps of "
                f"{array.format}: sums of the built decoder hold no more"
            )
    return layer.with_arrays(raw)


def _loss(quality: Quality) -> float:
    return 0.0 if quality.loss is None else quality.loss


def _check_loss(network: Network, quality: Quality, max_loss: float) -> None:
    if _loss(quality) > max_loss + 1e-12:
        what = "R2" if quality.accuracy is None else "accuracy"
        raise InputError.at(
            network.name, "", expected=f"at most {max_loss:.2%} of {what} lost against the float "
            f"network on {quality.samples} golden samples",
            got=f"{_loss(quality):.2%}: build a decoder of its own for it, or search formats for "
            "several days with --also",
        )
