"""Factors, terms and activations as part of the layer before them, or as layers of their own."""

from dataclasses import replace

import numpy as np

from build_decoder.models.files.onnx_file.draft import Draft, Graph, View
from build_decoder.models.files.onnx_file.operation import Operation
from build_decoder.models.layers.affine import Affine
from build_decoder.models.layers.conv2d import Conv2d
from build_decoder.models.layers.dense import Dense
from build_decoder.models.layers.max_pool import MaxPool
from build_decoder.models.layers.stride import Stride

__all__ = ["activated", "scaled"]

# Of the larger value they give the larger one: the largest of a window stays the largest.
_RISING = ("relu", "leaky_relu", "elu", "softplus", "exp", "sigmoid", "tanh")
_MOST_COPIED = 1024  # values that a layer copies for an activation that follows no product


def scaled(
    graph: Graph, node: Operation, view: View, scale: np.ndarray, shift: np.ndarray
) -> View:
    """``view * scale + shift``, whose shapes broadcast to that of the view."""
    view = view.known()
    if np.broadcast_shapes(scale.shape, shift.shape, view.places.shape) != view.places.shape:
        raise node.error(
            f"a constant that broadcasts to {view.places.shape}", f"{scale.shape or shift.shape}"
        )
    factors = _of_places(node, view, scale)
    terms = _of_places(node, view, shift)
    channels = view.draft.shape[-1]
    found = _per_channel(factors, channels, 1.0), _per_channel(terms, channels, 0.0)
    if any(each is None for each in found):
        draft = graph.flat(node, view.draft)
        view = View(draft, view.places, view.alone)
        found = _per_channel(factors, draft.count, 1.0), _per_channel(terms, draft.count, 0.0)
    factors, terms = found
    carrier, between = _carrier(view)
    largest = any(isinstance(each.layer, MaxPool) for each in between)
    if carrier is None or (largest and np.any(factors <= 0)):
        draft = graph.add(node, Affine(), [view.draft], {"scale": factors, "shift": terms})
        return View(draft, view.places)
    weights = carrier.weights
    carrier.weights = {
        "weights": weights["weights"] * factors,
        "bias": weights["bias"] * factors + terms,
    }
    _forget(carrier, *between)
    return view


def activated(graph: Graph, node: Operation, view: View, name: str) -> View:
    """The activation function `name` of a view."""
    view = view.known()
    carrier, between = _carrier(view, through=name.partition("(")[0] in _RISING)
    if carrier is None:
        carrier = _copy(graph, node, view.draft)
        view = View(carrier, view.places)
    carrier.layer = replace(carrier.layer, activation=name)
    _forget(carrier, *between)
    return view


def _copy(graph: Graph, node: Operation, draft: Draft) -> Draft:
    """A linear layer that gives what `draft` gives: activations belong to layers here."""
    size, axes = draft.shape[-1], len(draft.shape)
    if axes not in (1, 3) or size > _MOST_COPIED:
        raise node.error(
            "a linear Gemm, MatMul or Conv before it that no other node takes",
            f"values {draft.shape} of {draft.path!r}",
        )
    weights = {"weights": np.eye(size).reshape(*[1] * (axes - 1), size, size)}
    layer = Conv2d(size, (1, 1), "linear") if axes == 3 else Dense(size, "linear")
    return graph.add(node, layer, [draft], weights | {"bias": np.zeros(size)})


def _carrier(view: View, through: bool = True) -> tuple[Draft | None, list[Draft]]:
    """The linear layer that gives the view's values to nothing else, and what chooses some of them
    between: strides, and pools if it may go `through` them."""
    draft, alone, between = view.draft, view.alone, []
    chosen = (MaxPool, Stride) if through else (Stride,)
    while alone and isinstance(draft.layer, chosen):
        between.append(draft)
        alone = draft.alone
        (draft,) = draft.taken
    layer = draft.layer
    linear = isinstance(layer, Dense | Conv2d) and layer.activation == "linear"
    return (draft if linear and alone else None), between


def _forget(*drafts: Draft) -> None:
    """What they gave before is no tensor of theirs any more."""
    for draft in drafts:
        draft.tensors.clear()


def _of_places(node: Operation, view: View, values: np.ndarray) -> np.ndarray:
    """The value for each place of the view's draft, (count,); NaN where the view has none."""
    values = np.broadcast_to(values, view.places.shape).astype(np.float64)
    if not np.isfinite(values).all():
        raise node.error("finite constants", "others")
    places = view.places % view.draft.count
    spread = np.full(view.draft.count, np.nan)
    spread[places] = values
    if not np.array_equal(spread[places], values):
        raise node.error("one constant for each value of a sample", "several")
    return spread


def _per_channel(values: np.ndarray, channels: int, default: float) -> np.ndarray | None:
    """The value of each channel, (channels,); None where its places differ."""
    rows = values.reshape(-1, channels)
    some = np.isfinite(rows)
    least = np.where(some, rows, np.inf).min(axis=0)
    most = np.where(some, rows, -np.inf).max(axis=0)
    if np.any(least < most):
        return None
    return np.where(some.any(axis=0), least, default)
