"""Tensors of the file with channels first, of rows and columns or of time steps, as images."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from build_decoder.models.files.onnx_file.draft import Draft, Graph, View
from build_decoder.models.files.onnx_file.operation import Operation

__all__ = ["Image", "image_of"]


@dataclass(frozen=True)
class Image:
    """What a node takes, as an image.

    Parameters
    ----------
    draft:
        That has it as (rows, columns, channels), and perhaps more around it.
    starts, sizes:
        Where rows and columns begin there, and how many there are.
    axes:
        Of the axes of the tensor behind its channels, those that are rows and columns; None for
        one that it does not have.
    count:
        How many axes that are.
    """

    draft: Draft
    starts: tuple[int, int]
    sizes: tuple[int, int]
    axes: tuple[int | None, int | None]
    count: int

    @property
    def is_whole(self) -> bool:
        """Whether it has all that its draft has."""
        return not any(self.starts) and tuple(self.sizes) == self.draft.shape[:2]

    def both(self, values: Sequence[Any], default: Any) -> list[Any]:
        """For rows and columns what `values` has for each axis of the tensor."""
        return [default if axis is None else values[axis] for axis in self.axes]

    def result(self, graph: Graph, draft: Draft, starts: list[int], sizes: list[int]) -> View:
        """The tensor that is a part of another image, as this one is of the one that it is of."""
        rows, columns = (slice(at, at + size) for at, size in zip(starts, sizes, strict=True))
        places = graph.whole(draft).places[:, rows, columns].transpose(0, 3, 1, 2)
        match self.axes:
            case (1, 0):
                places = places.swapaxes(2, 3)
            case (0, None):
                places = places[..., 0]
            case (None, 0):
                places = places[:, :, 0]
        return View(draft, places)


def image_of(graph: Graph, node: Operation, view: Any) -> Image:
    """What a node takes, channels first in the file, as an image."""
    if not isinstance(view, View) or view.places.ndim not in (3, 4):
        wanted = "(samples, channels, steps) or (samples, channels, rows, columns)"
        raise node.error(wanted, "others")
    view = view.known()
    axes = _axes(view)
    places = view.places
    match axes:
        case (1, 0):
            places = places.swapaxes(2, 3)
        case (0, None):
            places = places[..., None]
        case (None, 0):
            places = places[:, :, None]
    draft, starts = graph.ordered(node, view.moved(places), (2, 3, 1))
    if draft.shape[2] != places.shape[1]:
        raise node.error(f"{draft.shape[2]} channels", str(places.shape[1]))
    return Image(draft, starts[:2], places.shape[2:], axes, view.places.ndim - 2)


def _axes(view: View) -> tuple[int | None, int | None]:
    """The axes of a tensor that are rows and columns.

    Time steps are images of one column, as far as what gives them lets them be.
    """
    rows, columns = (*view.draft.shape, 0, 0)[:2]
    if view.places.ndim == 3:
        return (None, 0) if not view.draft.is_given and rows == 1 < columns else (0, None)
    steps = view.places.shape[2] == 1 < view.places.shape[3]
    return (1, 0) if steps and (view.draft.is_given or columns == 1 < rows) else (0, 1)
