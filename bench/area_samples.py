"""Samples for the area model: synthesised designs, kept so that none is synthesised twice.

They are in build/area_model/samples.jsonl, which is to be removed when the hardware has changed.
"""

import json
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from build_decoder.bench.area_designs import random_design
from build_decoder.bench.area_zoo import ZOO_DESIGNS
from build_decoder.bench.resources import measure
from build_decoder.hdl.decoder import Decoder
from build_decoder.hdl.families.xc7 import FAMILY as XC7
from build_decoder.hdl.planning.area import (
    ActivationShape,
    Area,
    DenseShape,
    PackerShape,
    WeightCounts,
    area_of,
)
from build_decoder.hdl.planning.area.plans import shape_of_plan
from build_decoder.hdl.planning.decoder_plan import DecoderPlan

__all__ = ["ZOO_KEYS", "Sample", "samples"]

_ZOO = {str(design): design for design in ZOO_DESIGNS}

ZOO_KEYS = tuple(_ZOO)
"""Keys of the zoo's designs."""

_CACHE = Path("build/area_model/samples.jsonl")


@dataclass(frozen=True)
class Sample:
    """A design: what decides its area, and the resources that synthesis measured."""

    key: str
    design: str
    shapes: tuple[DenseShape | PackerShape, ...]
    measured: dict[str, float]

    @property
    def estimated(self) -> Area:
        """The model's estimate."""
        return sum(map(area_of, self.shapes), Area())

    @property
    def error(self) -> float:
        """Relative error in LUTs."""
        return self.estimated.lut / self.measured["lut"] - 1

    @property
    def blocks_differ(self) -> bool:
        """Whether the rules get DSP blocks or block RAMs wrong."""
        # Not from the estimate, for which there may be no coefficients yet.
        dense = [shape for shape in self.shapes if isinstance(shape, DenseShape)]
        blocks = sum(shape.blocks for shape in dense), sum(shape.bram36 for shape in dense)
        return blocks != (self.measured["dsp"], self.measured["bram"])

    def as_json(self) -> str:
        """One line of JSON."""
        shapes = [{"kind": type(shape).__name__, **asdict(shape)} for shape in self.shapes]
        return json.dumps(
            {"key": self.key, "design": self.design, "shapes": shapes, "measured": self.measured}
        )

    @classmethod
    def from_json(cls, line: str) -> "Sample":
        """The sample of :meth:`as_json`."""
        fields = json.loads(line)
        fields["shapes"] = tuple(map(_shape_from, fields["shapes"]))
        return cls(**fields)


def samples(
    keys: Sequence[str], cache: Path = _CACHE, *, cached: bool = False
) -> Iterator[Sample]:
    """A sample for each key, a seed or one of :data:`ZOO_KEYS`; made and kept if it is not there.

    With ``cached`` there are only those that are.
    """
    kept = {}
    if cache.exists():
        kept = {s.key: s for s in map(Sample.from_json, cache.read_text().splitlines())}
    for key in keys:
        if key not in kept:
            if cached:
                continue
            kept[key] = _synthesised(key)
            cache.parent.mkdir(parents=True, exist_ok=True)
            with cache.open("a") as file:
                file.write(kept[key].as_json() + "\n")
        yield kept[key]


def _synthesised(key: str) -> Sample:
    design, plan = _design(key)
    with tempfile.TemporaryDirectory(dir=".") as folder:
        figures = measure(Decoder(plan), XC7, Path(folder))
    measured = {name: figures[name] for name in ("lut", "ff", "dsp", "bram")}
    return Sample(key, design, tuple(map(shape_of_plan, plan.stages)), measured)


def _design(key: str) -> tuple[str, DecoderPlan]:
    """What a design is in words, beside its key, and its plan."""
    if key in _ZOO:
        return "", _ZOO[key].plan
    found = random_design(int(key))
    return str(found), found.plan


def _shape_from(fields: dict) -> DenseShape | PackerShape:
    kind = fields.pop("kind")
    if kind == PackerShape.__name__:
        return PackerShape(**fields)
    nested = {
        "weights": WeightCounts(**fields["weights"]),
        "activation": ActivationShape(**fields["activation"]),
    }
    return DenseShape(**fields | nested)
