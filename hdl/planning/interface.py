"""A decoder's interface: all that a test bench, a host link, a driver and a reader need to know."""

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

from build_decoder.hdl.planning.input_order import order_of
from build_decoder.models.errors import InputError
from build_decoder.models.files.fields import Fields
from build_decoder.models.files.json_file import read_json
from build_decoder.models.files.walk_fields import describe_walk, read_walk
from build_decoder.models.walk import Walk
from build_decoder.quant.format_fields import read_format
from build_decoder.quant.number_format import NumberFormat

__all__ = ["SETTLING_CYCLES", "Interface"]

SETTLING_CYCLES = 3
"""Cycles after a reset in which memories of weights read their first rows, so that a frame may be
held up; documented times are those of a decoder that has settled."""

_MAX_COUNT = 1 << 24
_MAX_CYCLES = 1 << 48
_MAX_WORDS = 1 << 32
_NEEDED = ("name", "input_count", "output_count", "input_format", "output_format", "fingerprint")
_WALK = "input_walk"
_CONTINUOUS = "continuous"
_OPTIONAL = {
    "classes": (2, _MAX_COUNT),
    "input_lanes": (1, _MAX_COUNT),
    "output_lanes": (1, _MAX_COUNT),
    "latency_cycles": (0, _MAX_CYCLES),
    "frame_cycles": (0, _MAX_CYCLES),
    "image_words": (1, _MAX_WORDS),
    "layout_id": (0, (1 << 32) - 1),
}


@dataclass(frozen=True, kw_only=True)
class Interface:
    """Two streams, ``i`` and ``o``, that carry frames of a fixed length.

    Elements come in the order of :meth:`in_order`. Element ``n * input_lanes + k`` of a frame is in
    lane ``k``, which is bits ``k * width`` and up, of the frame's input transfer ``n``. Lanes left
    over in the last transfer are don't-care. Outputs are likewise, in ``output_lanes`` lanes, none
    of which is left over: most often every output value is a transfer of its own.

    The integer model decides names, counts, formats, order and fingerprint; lanes and times are
    None where no hardware is described.

    Parameters
    ----------
    name
        Name of the network.
    input_count, output_count
        Values of a frame, at either end.
    input_format, output_format
        Format of each value.
    fingerprint
        CRC-32 that identifies the integer model.
    classes
        Classes, if the one output is the index of the one that is decided for; None if outputs are
        scores or other values.
    input_lanes
        Elements in an input transfer.
    output_lanes
        Values in an output transfer.
    input_walk
        Of the values of a sample, those that come one after the other, each of them once; None if
        they come as samples have them.
    latency_cycles
        Documented cycles from a frame's first input transfer to its last output transfer, never
        stalled.
    frame_cycles
        Documented cycles between back-to-back frames.
    image_words
        Words of a weight image (:mod:`hdl.planning.image`); None where weights are constants, and
        there are these two streams alone.
    layout_id
        What images must have in common with it; None likewise.
    continuous
        True if a frame is a step whose states are kept for the next one, and there is a stream
        ``clear`` that brings back the first ones; None otherwise.

    Raises
    ------
    ValueError
        If a count is less than 1, or an output transfer would be filled in part.
    """

    name: str
    input_count: int
    output_count: int
    input_format: NumberFormat
    output_format: NumberFormat
    fingerprint: int
    classes: int | None = None
    input_lanes: int | None = None
    output_lanes: int = 1
    input_walk: Walk | None = None
    latency_cycles: int | None = None
    frame_cycles: int | None = None
    image_words: int | None = None
    layout_id: int | None = None
    continuous: bool | None = None

    def __post_init__(self):
        for name in ("input_count", "output_count", "input_lanes"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise ValueError(f"expected {name} of at least 1, got {value}")
        if self.output_lanes < 1 or self.output_count % self.output_lanes:
            raise ValueError(
                f"expected output_lanes that divide {self.output_count} outputs, got "
                f"{self.output_lanes}"
            )

    @classmethod
    def of_model(cls, model) -> "Interface":
        """What an integer model decides of it."""
        return cls(
            name=model.name,
            input_count=model.input_count,
            output_count=model.output_count,
            input_format=model.input_format,
            output_format=model.output_format,
            fingerprint=model.fingerprint(),
            classes=model.classes,
            input_walk=order_of(model).walk,
            continuous=model.continuous or None,
        )

    @classmethod
    def of(cls, decoder) -> "Interface":
        """Interface of a component with streams ``i`` and ``o`` and its integer ``model``."""
        images = getattr(decoder, "images", None)
        return replace(
            cls.of_model(decoder.model),
            input_lanes=decoder.i.payload.shape().length,
            output_lanes=decoder.o.payload.shape().length,
            latency_cycles=decoder.latency_cycles,
            frame_cycles=decoder.frame_cycles,
            image_words=images and images.words,
            layout_id=images and images.layout_id,
        )

    @property
    def reloadable(self) -> bool:
        """Whether weight images can be loaded."""
        return self.image_words is not None

    @property
    def input_beats(self) -> int:
        """Input transfers of a frame."""
        return -(-self.input_count // self.input_lanes)

    @property
    def output_beats(self) -> int:
        """Output transfers of a frame."""
        return self.output_count // self.output_lanes

    def in_order(self, values: np.ndarray) -> np.ndarray:
        """Values (..., input_count) of samples in the order in which they come."""
        return values if self.input_walk is None else values[..., self.input_walk.indices]

    def decided(self, y_raw: np.ndarray) -> np.ndarray:
        """Classes, int64 (...), of raw outputs (..., output_count): the one that they tell, or that
        of the largest score, of equals of the first.

        Outputs do not say what they are for: of a decoder of labels or values that has several,
        this is the number of the largest one.

        Raises
        ------
        InputError
            If there is a single output, and it is none that tells a class.
        """
        if self.classes is not None:
            return y_raw[..., 0]
        if self.output_count < 2:
            raise InputError(
                f"{self.name}: expected a decoder of classes, got one of a single output"
            )
        return self.output_format.order(y_raw).argmax(axis=-1)

    @property
    def input_width(self) -> int:
        """Bits of an input element."""
        return self.input_format.width

    @property
    def input_signed(self) -> bool:
        """Whether an input element is two's complement."""
        return self.input_format.signed

    @property
    def output_width(self) -> int:
        """Bits of an output value."""
        return self.output_format.width

    @property
    def output_signed(self) -> bool:
        """Whether an output value is two's complement."""
        return self.output_format.signed

    def as_json(self) -> dict:
        """The JSON object; what is not described is left out."""
        described = {name: value for name, value in asdict(self).items() if value is not None}
        if self.output_lanes == 1:
            # What files said before there was another number.
            del described["output_lanes"]
        if self.input_walk is not None:
            described["input_walk"] = describe_walk(self.input_walk)
        return described

    def save(self, path: Path) -> None:
        """Write it as a file of its own."""
        Path(path).write_text(json.dumps(self.as_json(), indent=2) + "\n")

    @classmethod
    def read(cls, entries: Fields) -> "Interface":
        """The interface that a JSON object has, among other entries or alone.

        Raises
        ------
        InputError
            If an entry is missing or makes no sense.
        """
        return cls(
            name=entries.text("name"),
            input_count=entries.size("input_count", _MAX_COUNT),
            output_count=entries.size("output_count", _MAX_COUNT),
            input_format=read_format(entries, "input_format"),
            output_format=read_format(entries, "output_format"),
            fingerprint=entries.integer("fingerprint", 0, (1 << 32) - 1),
            input_walk=_read_walk(entries) if _WALK in entries.values else None,
            continuous=entries.flag(_CONTINUOUS) if _CONTINUOUS in entries.values else None,
            **{
                name: entries.integer(name, low, high)
                for name, (low, high) in _OPTIONAL.items()
                if name in entries.values
            },
        )

    @classmethod
    def load(cls, path: Path) -> "Interface":
        """The interface in a file that :meth:`save` wrote.

        Raises
        ------
        InputError
            If the file is missing, or is another.
        """
        entries = Fields(read_json(Path(path)), Path(path))
        entries.only(*_NEEDED, optional=(*_OPTIONAL, _WALK, _CONTINUOUS))
        return cls.read(entries)


def _read_walk(entries: Fields) -> Walk:
    walk = read_walk(Fields(entries.values[_WALK], entries.source, entries.place(_WALK)))
    count = entries.size("input_count", _MAX_COUNT)
    if walk.count != count or (np.sort(walk.indices) != np.arange(count)).any():
        raise entries.error(_WALK, f"each of {count} values once", f"{walk.count} steps")
    return walk
