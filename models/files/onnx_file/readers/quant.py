"""The operator Quant: constants on the grid of their format, and layers that round to one."""

from collections.abc import Sequence

import numpy as np

from build_decoder.models.errors import shown
from build_decoder.models.files.onnx_file.draft import Graph, View
from build_decoder.models.files.onnx_file.operation import Operation
from build_decoder.models.files.onnx_file.quant import KINDS, ROUNDINGS, quantised
from build_decoder.models.layers.fixed_point import FixedPoint

__all__ = ["READERS"]

Value = View | np.ndarray
_MOST_BITS = 32
# Of values that are never negative some ways of rounding are the same.
_UNSIGNED = {"DOWN": "floor", "FLOOR": "floor", "HALF_UP": "half_up"}
_SIGNED = {"FLOOR": "floor"}
_EVEN = {"ROUND": "half_even", "HALF_EVEN": "half_even"}


def _quant(graph: Graph, node: Operation, given: Sequence[Value | None]) -> Value:
    node.only("signed", "narrow", "rounding_mode")
    constants = given[1:]
    if len(given) != 4 or not all(isinstance(each, np.ndarray) for each in constants):
        raise node.error("a tensor, and a constant scale, zeropt and bitwidth", "others")
    scale, zero, width = constants
    bits = float(width.reshape(-1)[0])
    signed, narrow = (bool(node.whole(key, default)) for key, default in (("signed", 1),
                                                                         ("narrow", 0)))
    rounding = str(node.attributes.get("rounding_mode", "ROUND")).upper()
    if width.size != 1 or bits != int(bits) or not 1 + signed <= bits <= _MOST_BITS:
        raise node.error(
            f"one whole bitwidth from {1 + signed} to {_MOST_BITS}", shown(width.tolist())
        )
    if rounding not in ROUNDINGS:
        raise node.error(f"a rounding_mode of {', '.join(ROUNDINGS)}", shown(rounding))
    if np.any(zero):
        raise node.error("zeropt=0 (train with symmetric quantisers)", shown(zero.tolist()))
    fractions = -np.log2(np.where(scale > 0, scale, np.nan))
    if not np.array_equal(fractions, np.round(fractions)):
        raise node.error(
            "scales that are powers of two (restrict_scaling_type=POWER_OF_TWO in Brevitas)",
            f"scale {scale.reshape(-1)[0]:g}",
        )
    if isinstance(given[0], np.ndarray):
        return quantised(given[0], scale, zero, int(bits), signed, narrow, rounding)
    if scale.size != 1:
        raise node.error("one scale for all values of a tensor", f"scales {scale.shape}")
    if narrow:
        raise node.error("narrow=0 of what is no weight", "narrow=1")
    known = _EVEN | (_SIGNED if signed else _UNSIGNED)
    if rounding not in known:
        raise node.error(f"a rounding_mode of {', '.join(known)}", rounding)
    fraction = int(fractions.reshape(-1)[0])
    layer = FixedPoint(int(bits) - fraction, fraction, signed, known[rounding])
    return _rounded(graph, node, given[0].known(), layer)


def _rounded(graph: Graph, node: Operation, view: View, layer: FixedPoint) -> View:
    """A view of the layer behind the view's draft; behind an image that is an input, in the order
    in which convolutions take it."""
    draft, places = view.draft, view.places
    if draft.is_given and places.ndim == 4:
        order = np.moveaxis(graph.sample(node, view, 0), 0, -1)
        ordered, _ = graph.in_order(node, draft, order)
        where = np.empty(draft.count, dtype=np.int64)
        where[order.reshape(-1)] = np.arange(draft.count)
        samples, place = np.divmod(places, draft.count)
        draft, places = ordered, samples * draft.count + where[place]
    return View(graph.add(node, layer, [draft], alone=view.alone), places)


READERS = dict.fromkeys(KINDS, _quant)
