"""Layers of the network while the file is read, and tensors of the file as views of their values.

A view says for each value of a tensor of the file, of `Graph.samples` samples, which value of a
layer's output it is: ``sample * draft.count + place``.
"""

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from build_decoder.models.files.onnx_file.operation import Operation
from build_decoder.models.layer import Layer, Mismatch, Shape
from build_decoder.models.layers.flatten import Flatten
from build_decoder.models.layers.steps import Steps
from build_decoder.models.recurrent import RecurrentLayer
from build_decoder.models.walk import Walk

__all__ = ["Draft", "Graph", "View"]


@dataclass(eq=False)
class Draft:
    """A layer or an input that may still change: what follows may become part of it.

    Parameters
    ----------
    path:
        What its name is made from.
    shape:
        Of a sample of its values.
    number:
        Its place: what it takes has smaller ones.
    layer:
        None for an input.
    taken:
        What the layer takes.
    weights:
        The layer's arrays.
    alone:
        Whether no other layer takes what it takes.
    of, walk:
        Of an input that repeats another one.
    last:
        Of a recurrent layer that gives all steps: the one that gives the last alone, and the
        places of its values among those of all steps.
    tensors:
        The tensors of the file that are its values.
    """

    path: str
    shape: Shape
    number: int
    layer: Layer | None = None
    taken: "tuple[Draft, ...]" = ()
    weights: Mapping[str, np.ndarray] = field(default_factory=dict)
    alone: bool = False
    of: "Draft | None" = None
    walk: Walk | None = None
    last: "tuple[Draft, np.ndarray] | None" = None
    tensors: "list[tuple[str, View]]" = field(default_factory=list)

    @property
    def count(self) -> int:
        """Values of a sample."""
        return math.prod(self.shape)

    @property
    def is_given(self) -> bool:
        """Whether it is an input as samples have it."""
        return self.layer is None and self.of is None


@dataclass(frozen=True, eq=False)
class View:
    """A tensor of the file.

    Parameters
    ----------
    draft:
        Whose values it has.
    places:
        int64, of the tensor's shape: ``sample * draft.count + place`` of each value.
    alone:
        Whether one node alone takes it, and whatever it was handed on from.
    """

    draft: Draft
    places: np.ndarray
    alone: bool = True

    def moved(self, places: np.ndarray) -> "View":
        """The same values at other places of the tensor."""
        return replace(self, places=places)

    def known(self) -> "View":
        """The view, of a recurrent layer's last step alone if it has no other values."""
        if self.draft.last is None:
            return self
        last, places = self.draft.last
        order = np.full(self.draft.count, -1)
        order[places] = np.arange(last.count)
        sample, place = np.divmod(self.places, self.draft.count)
        if np.any(order[place] < 0):
            return self
        return View(last, sample * last.count + order[place], self.alone)


class Graph:
    """The drafts of a network.

    Parameters
    ----------
    samples:
        With how many the tensors of the file are followed.
    """

    def __init__(self, samples: int):
        self.samples = samples
        self._numbers = itertools.count()
        self._flat: dict[Draft, Draft] = {}
        self._steps: dict[Draft, Draft] = {}
        self._repeated: dict[tuple[Draft, Shape, Walk], Draft] = {}

    def given(self, path: str, shape: Shape) -> Draft:
        """An input."""
        return Draft(path, shape, next(self._numbers))

    def add(
        self,
        node: Operation,
        layer: Layer,
        taken: Sequence[Draft],
        weights: Mapping[str, np.ndarray] | None = None,
        alone: bool = False,
    ) -> Draft:
        """The draft of a layer, from those that it takes."""
        shapes = [draft.shape for draft in taken]
        try:
            shape = layer.output_shape(shapes)
        except Mismatch as error:
            raise node.error(error.expected, error.got) from None
        number, taken = next(self._numbers), tuple(taken)
        draft = Draft(node.name, shape, number, layer, taken, weights or {}, alone)
        if isinstance(getattr(layer, "layer", layer), RecurrentLayer):
            self._add_last(draft, layer)
        return draft

    def _add_last(self, draft: Draft, layer: Layer) -> None:
        cell = getattr(layer, "layer", layer)
        steps, values = draft.shape
        ends = [steps - 1, 0] if cell is not layer else [0 if cell.backward else steps - 1]
        places = [
            end * values + way * cell.units + np.arange(cell.units) for way, end in enumerate(ends)
        ]
        cell = replace(cell, sequences=False)
        short = replace(layer, layer=cell) if hasattr(layer, "layer") else cell
        number = next(self._numbers)
        last = Draft(draft.path, (values,), number, short, draft.taken, draft.weights)
        draft.last = (last, np.concatenate(places))

    def whole(self, draft: Draft) -> View:
        """All values of a draft, in order: (samples, \\*shape)."""
        places = np.arange(self.samples * draft.count)
        return View(draft, places.reshape(self.samples, *draft.shape))

    def sample(self, node: Operation, view: View, axis: int) -> np.ndarray:
        """Places of the first sample, without the axis of samples."""
        places = np.moveaxis(view.places, axis, 0)
        starts = view.draft.count * np.arange(self.samples).reshape(-1, *[1] * (places.ndim - 1))
        if len(places) != self.samples or not np.array_equal(places[:1] + starts, places):
            raise node.error(
                f"axis {axis} to be that of the samples", f"a tensor of shape {places.shape}"
            )
        return places[0]

    def vector(self, node: Operation, view: View, axis: int = 0) -> tuple[Draft, np.ndarray]:
        """A draft of one axis that has the values of a view, and their places (values)."""
        view = view.known()
        return self.flat(node, view.draft), self.sample(node, view, axis).reshape(-1)

    def flat(self, node: Operation, draft: Draft) -> Draft:
        """The values of a draft in a row."""
        if len(draft.shape) == 1:
            return draft
        if draft not in self._flat:
            flat = self.add(node, Flatten(), [draft])
            flat.path = f"{draft.path}_flat"
            self._flat[draft] = flat
        return self._flat[draft]

    def ordered(self, node: Operation, view: View, axes: tuple[int, ...]) -> tuple[Draft, Shape]:
        """A draft that has the values of a view, with the axes of the tensor that are named.

        Of a layer it may have more around them.

        Returns
        -------
        The draft and, for each axis, where its values begin there.
        """
        view = view.known()
        batch = ({*range(view.places.ndim)} - {*axes}).pop()
        rest = [axis - (axis > batch) for axis in axes]
        return self.in_order(node, view.draft, self.sample(node, view, batch).transpose(rest))

    def in_order(
        self, node: Operation, draft: Draft, order: np.ndarray
    ) -> tuple[Draft, Shape]:
        """As `ordered`, of a draft and the places of a sample in the wanted order."""
        starts = (0,) * order.ndim
        if draft.is_given:
            if order.shape == draft.shape and np.array_equal(order.ravel(), range(order.size)):
                return draft, starts
            return self._repeat(node, draft, order), starts
        if len(draft.shape) == order.ndim:
            starts = np.unravel_index(order.flat[0], draft.shape)
            ends = tuple(slice(at, at + size) for at, size in zip(starts, order.shape, strict=True))
            if np.array_equal(np.arange(draft.count).reshape(draft.shape)[ends], order):
                return draft, tuple(map(int, starts))
        if len(draft.shape) in (2, 3) and order.ndim == 5 - len(draft.shape):
            image = draft.shape if len(draft.shape) == 3 else order.shape
            whole = np.array_equal(order.ravel(), range(draft.count))
            if image[1] == 1 and whole:
                return self._formed(node, draft), starts
            part = np.array_equal(order.ravel() - order.flat[0], range(order.size))
            if part and len(draft.shape) == 3 and image[1] == 1:
                raise node.error(
                    f"all {draft.shape[0]} steps that {draft.path!r} computes (padding='same' of "
                    "the convolutions before it)",
                    f"{len(order)} of them",
                )
        raise node.error(
            f"samples {order.shape} in the order of a layer's outputs",
            f"values of {draft.path!r}, which are {draft.shape} in another order or form",
        )

    def _formed(self, node: Operation, draft: Draft) -> Draft:
        """Time steps of a draft in the other form."""
        if draft not in self._steps:
            formed = self.add(node, Steps(), [draft])
            formed.path = f"{draft.path}_steps"
            self._steps[draft] = formed
        return self._steps[draft]

    def _repeat(self, node: Operation, draft: Draft, order: np.ndarray) -> Draft:
        """The input that repeats another one in an order."""
        strides = [
            int(np.take(order, 1, axis).flat[0] - order.flat[0]) if size > 1 else 0
            for axis, size in enumerate(order.shape)
        ]
        loops = [loop for loop in zip(order.shape, strides, strict=True) if loop[0] > 1]
        walk = Walk(tuple(loops) or ((1, 1),), int(order.flat[0]))
        if not np.array_equal(walk.indices, order.ravel()):
            raise node.error(
                "an input whose values are taken in even steps", f"{draft.path!r} in another order"
            )
        key = (draft, order.shape, walk)
        if key not in self._repeated:
            path = f"{draft.path}_ordered"
            number = next(self._numbers)
            self._repeated[key] = Draft(path, order.shape, number, of=draft, walk=walk)
        return self._repeated[key]
