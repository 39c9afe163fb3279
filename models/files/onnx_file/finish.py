"""Makes a network of the drafts that its output comes from."""

from pathlib import Path

import numpy as np

from build_decoder.models.architecture import Input, Node, usual_grain
from build_decoder.models.errors import InputError
from build_decoder.models.files.keras_file.names import node_names
from build_decoder.models.files.onnx_file.draft import Draft, View
from build_decoder.models.files.onnx_file.follow import Followed
from build_decoder.models.layer import Mismatch
from build_decoder.models.layers.flatten import Flatten
from build_decoder.models.limits import MAX_GRAPH_WEIGHTS, MAX_LAYERS, MAX_MAGNITUDE
from build_decoder.models.network import Network

__all__ = ["finish"]


def finish(path: Path, followed: Followed) -> tuple[Network, dict[str, Draft]]:
    """The network, and the draft of each input and node that it has.

    Inputs have the file's own shapes and order, and repeat them in the order of our layers where
    layers need that.

    Raises
    ------
    InputError
        The output has another order than a layer's, or a weight is too large or no number.
    """
    last = followed.output.draft
    if last.layer is None or not _is_in_order(followed.output, followed.graph.samples):
        raise InputError.at(
            path,
            "output",
            expected="all outputs of a layer in its order (channels last: put a global average "
            "or Flatten and a Gemm behind convolutions)",
            got=f"a part of {last.path!r}, or another order",
        )
    reached = _reached(last)
    for draft in followed.inputs:
        if draft not in reached:
            where = f"input {draft.path!r}"
            raise InputError.at(path, where, expected="a way from it to the output", got="none")
    grains = {draft: usual_grain(draft.shape) for draft in followed.inputs}
    reached = _without_flattened(reached)
    if len(reached) > MAX_LAYERS:
        raise InputError.at(
            path, "", expected=f"at most {MAX_LAYERS} layers", got=str(len(reached))
        )
    drafts = sorted(reached, key=lambda draft: (draft.layer is not None, draft.number))
    paths = [draft.path.strip("/") or "layer" for draft in drafts]
    names = dict(zip(drafts, node_names(paths), strict=True))
    inputs, nodes = [], []
    for draft in drafts:
        if draft.is_given:
            inputs.append(Input(names[draft], draft.shape, grain=grains[draft]))
        elif draft.layer is None:
            inputs.append(Input(names[draft], draft.shape, of=names[draft.of], walk=draft.walk))
        else:
            _check_weights(path, draft)
            taken = tuple(names[each] for each in draft.taken)
            nodes.append(Node(names[draft], taken, draft.layer, draft.weights))
    try:
        network = Network(path.stem, tuple(inputs), tuple(nodes))
    except Mismatch as error:
        raise InputError.at(path, error.where, expected=error.expected, got=error.got) from None
    return network, {name: draft for draft, name in names.items()}


def _is_in_order(view: View, samples: int) -> bool:
    """Whether a view has all values of its draft, as they stand there."""
    for axis, size in enumerate(view.places.shape):
        if size == samples:
            places = np.moveaxis(view.places, axis, 0).reshape(samples, -1)
            if np.array_equal(places.reshape(-1), np.arange(samples * view.draft.count)):
                return True
    return False


def _reached(last: Draft) -> set[Draft]:
    """The drafts that `last` is made from, itself among them."""
    reached: set[Draft] = set()
    left = [last]
    while left:
        draft = left.pop()
        if draft in reached:
            continue
        reached.add(draft)
        left += draft.taken
        if draft.of is not None:
            left.append(draft.of)
    return reached


def _without_flattened(reached: set[Draft]) -> set[Draft]:
    """Inputs that are taken as one row alone are given as one row."""
    gone = set()
    for draft in reached:
        takers = [each for each in reached if draft in each.taken]
        flattened = all(isinstance(each.layer, Flatten) for each in takers)
        if not draft.is_given or not flattened or any(each.of is draft for each in reached):
            continue
        draft.shape = (draft.count,)
        gone.update(takers)
        for each in reached:
            each.taken = tuple(draft if one in takers else one for one in each.taken)
    return reached - gone


def _check_weights(path: Path, draft: Draft) -> None:
    count = sum(array.size for array in draft.weights.values())
    good = all(np.all(np.abs(array) <= MAX_MAGNITUDE) for array in draft.weights.values())
    if not good or count > MAX_GRAPH_WEIGHTS:  # false for NaN
        raise InputError.at(
            path,
            f"node {draft.path!r}",
            expected=f"finite weights of at most {MAX_MAGNITUDE:.0e}",
            got="larger ones, NaN or infinity",
        )
