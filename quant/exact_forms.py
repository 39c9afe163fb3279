"""The step ``exact``: formats that hold for activations as they are built.

The evaluator runs activations of wide inputs as float functions."""

from collections.abc import Callable, Iterator
from functools import partial

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
from build_decoder.quant.integer_model import IntegerModel
from build_decoder.quant.layers import quantiser_of
from build_decoder.quant.quality import Quality, measure
from build_decoder.quant.weight_rounding import on_grid
from build_decoder.quant.width_search import BIT_COST, WidthSearch

__all__ = ["approximated", "exact_quality", "made_exact"]

_FINER_OUTPUTS = 8
"""Most fraction bits that outputs get to make up for the errors of generated activations."""

_EVALUATIONS = 200
"""Integer models that are run at most, to find which nodes to give bits instead, and where all have
got some, which can be without."""


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
    """``formats`` with more fraction bits, so that the integer model itself keeps the criterion.

    A generated activation has an error of up to a step of its output, which the evaluator did not
    see if it ran the float function. So outputs get more bits first. Where that is not enough,
    since the search had left no room for any error, single nodes do, those first that take most
    harm away for their cost; and where none does, all nodes. If no bits are enough, those that do
    least harm are returned.
    """
    judged = partial(_judged, search, uniform_segments)
    outputs = dict.fromkeys(search.alike[key][0] for key in approximated(search.network, formats))
    finer = formats
    for _ in range(_FINER_OUTPUTS):
        try:
            if judged(finer)[1]:
                return finer
            for key in outputs:
                finer = _finer(search, finer, key)
        except ValueError:  # wider than any format, or than any sum that is built
            break
    made_up, held = _made_up(search, judged, formats)
    return made_up if held else _widened(search, judged, formats) or made_up


def _widened(
    search: WidthSearch,
    judged: Callable[[NetworkFormats], tuple[float, bool]],
    formats: NetworkFormats,
) -> NetworkFormats | None:
    """``formats`` with all nodes wider until they are good enough, and then those narrower again
    that can be; None if none are."""

    def held(formats: NetworkFormats) -> bool:
        try:
            return judged(formats)[1]
        except ValueError:  # wider than any format, or than any sum that is built
            return False

    widest, found = None, formats
    while widest != found and not held(found):
        widest, found = found, search.wider(found)
    if widest == found:
        return None
    tries = 0
    for key, format in search.each(formats):
        for fraction in range(format.fraction, found[key].fraction):
            tries += 1
            if tries > _EVALUATIONS:
                return found
            if held(tried := search.changed(found, key, with_bits(format, fraction=fraction))):
                found = tried
                break
    return found


def _made_up(
    search: WidthSearch,
    judged: Callable[[NetworkFormats], tuple[float, bool]],
    formats: NetworkFormats,
) -> tuple[NetworkFormats, bool]:
    """``formats`` with a fraction bit more where that takes most harm away for its cost, again and
    again, until they are good enough or nothing takes any away; and whether they are."""
    harm, held = judged(formats)
    rounds = _EVALUATIONS // sum(1 for _ in search.each(formats))
    for _ in range(max(rounds, 1)):
        if held:
            break
        cost, tried = search.cost(formats), []
        for key, _ in search.each(formats):
            try:
                finer = _finer(search, formats, key)
                harm_then, held_then = judged(finer)
            except ValueError:  # wider than any format, or than any sum that is built
                continue
            added = max(search.cost(finer) - cost, BIT_COST)
            if held_then or harm_then < harm:
                # Of those that are good enough, the cheapest.
                worth = -added if held_then else (harm - harm_then) / added
                tried.append((held_then, worth, len(tried), harm_then, finer))
        if not tried:
            break
        held, _, _, harm, formats = max(tried)
    return formats, held


def exact_quality(
    search: WidthSearch, formats: NetworkFormats, uniform_segments: int | None
) -> Quality:
    """Quality on golden data of the integer model of ``formats``."""
    model = next(_models(search, formats, uniform_segments))
    return measure(model, search.judge.each[0].standard.golden)


def _models(
    search: WidthSearch, formats: NetworkFormats, uniform_segments: int | None
) -> Iterator[IntegerModel]:
    """The integer model of each network that is searched."""
    for network, rounding in zip(search.networks, search.roundings, strict=True):
        built = on_grid(network, formats, rounding)
        yield integer_model(built, formats, uniform_segments=uniform_segments)


def _judged(
    search: WidthSearch, uniform_segments: int | None, formats: NetworkFormats
) -> tuple[float, bool]:
    """Harm of the integer models of ``formats``, and whether they keep the criterion.

    Raises
    ------
    ValueError
        If something is wider than is built.
    """
    search.progress(f"{search.network.topology}, exact")
    models = _models(search, formats, uniform_segments)
    found = [
        judge.standard.judged(model.predict)
        for model, judge in zip(models, search.judge.each, strict=True)
    ]
    return max(harm for harm, _ in found), all(held for _, held in found)


def _finer(search: WidthSearch, formats: NetworkFormats, key: NodeKey) -> NetworkFormats:
    finer = with_bits(formats[key], fraction=formats[key].fraction + 1)
    return search.changed(formats, key, finer)
