"""Stream interface of a decoder: all that a test bench has to know about it."""

import json
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from build_decoder.models.errors import InputError

__all__ = ["StreamInterface"]


@dataclass(frozen=True)
class StreamInterface:
    """Two streams, ``i`` and ``o``, that carry frames of a fixed length.

    Element ``n * input_lanes + k`` of a frame is in lane ``k``, which is bits ``k * input_width``
    and up, of the frame's input transfer ``n``. Lanes left over in the last transfer are
    don't-care. Every output value is a transfer of its own.

    Parameters
    ----------
    input_lanes
        Elements in an input transfer.
    input_width, input_signed
        Bits of an input element, and whether they are two's complement.
    input_count
        Elements in a frame.
    output_width, output_signed
        Bits of an output value, and whether they are two's complement.
    output_count
        Output values, and so output transfers, of a frame.
    latency_cycles
        Documented cycles from a frame's first input transfer to its last output transfer, never
        stalled; None where nothing is documented.
    frame_cycles
        Documented cycles between back-to-back frames; None where nothing is documented.
    """

    input_lanes: int
    input_width: int
    input_signed: bool
    input_count: int
    output_width: int
    output_signed: bool
    output_count: int
    latency_cycles: int | None = None
    frame_cycles: int | None = None

    def __post_init__(self):
        for name in ("input_lanes", "input_width", "input_count", "output_width", "output_count"):
            if getattr(self, name) < 1:
                raise ValueError(f"expected {name} of at least 1, got {getattr(self, name)}")
        for name in ("input_width", "output_width"):
            if getattr(self, name) > 62:
                raise ValueError(f"expected {name} of at most 62 bits, got {getattr(self, name)}")

    @property
    def input_beats(self) -> int:
        """Input transfers of a frame."""
        return -(-self.input_count // self.input_lanes)

    @classmethod
    def of(cls, decoder) -> "StreamInterface":
        """Interface of an ``hdl.decoder.Decoder``."""
        model = decoder.model
        return cls(
            input_lanes=decoder.plan.foldings[0].inputs_per_cycle,
            input_width=model.input_format.width,
            input_signed=model.input_format.signed,
            input_count=model.input_count,
            output_width=model.output_format.width,
            output_signed=model.output_format.signed,
            output_count=model.output_count,
            latency_cycles=decoder.latency_cycles,
            frame_cycles=decoder.frame_cycles,
        )

    def save(self, path: Path) -> None:
        """Write the JSON sidecar that lies beside the Verilog."""
        Path(path).write_text(json.dumps(asdict(self), indent=2) + "\n")

    @classmethod
    def load(cls, path: Path) -> "StreamInterface":
        """Read a JSON sidecar.

        Raises
        ------
        InputError
            If the file is not one that :meth:`save` wrote.
        """
        try:
            content = json.loads(Path(path).read_text())
        except (OSError, ValueError) as error:
            raise InputError(f"{path}: expected a stream interface as JSON: {error}") from None
        expected = {field.name for field in fields(cls)}
        if not isinstance(content, dict) or set(content) != expected:
            raise InputError(f"{path}: expected an object of {', '.join(sorted(expected))}")
        try:
            return cls(**content)
        except (TypeError, ValueError) as error:
            raise InputError(f"{path}: {error}") from None
