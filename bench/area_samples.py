"""Samples for the area model: synthesised designs, kept so that none is synthesised twice.

They are in build/area_model, one file a family, which is to be removed when the hardware has
changed.
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
from build_decoder.hdl.family import Family
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

__all__ = ["Sample", "samples", "zoo_keys"]

_ZOO = {str(design): design for design in ZOO_DESIGNS}

_CACHE = Path("build/area_model")


@dataclass(frozen=True)
class Sample:
    """A design: what decides its area, and the resources that synthesis measured."""

    key: str
    design: str
    shapes: tuple[DenseShape | PackerShape, ...]
    measured: dict[str, float]
    family: Family

    @property
    def estimated(self) -> Area:
        """The model's estimate."""
        return sum((area_of(shape, self.family) for shape in self.shapes), Area())

    @property
    def error(self) -> float:
        """Relative error in LUTs."""
        return self.estimated.lut / self.measured["lut"] - 1

    @property
    def blocks_differ(self) -> bool:
        """Whether the rules get DSP blocks or block RAMs wrong."""
        # Not from the estimate, for which there may be no coefficients yet.
        dense = [shape for shape in self.shapes if isinstance(shape, DenseShape)]
        dsp = sum(shape.blocks(self.family.dsp) for shape in dense)
        bram = sum(shape.bram(self.family.memory) for shape in dense)
        return (dsp, bram) != (self.measured["dsp"], self.measured["bram"])

    def as_json(self) -> str:
        """One line of JSON."""
        shapes = [{"kind": type(shape).__name__, **asdict(shape)} for shape in self.shapes]
        return json.dumps(
            {"key": self.key, "design": self.design, "shapes": shapes, "measured": self.measured}
        )

    @classmethod
    def from_json(cls, line: str, family: Family) -> "Sample":
        """The sample of :meth:`as_json`, of a family."""
        fields = json.loads(line)
        fields["shapes"] = tuple(map(_shape_from, fields["shapes"]))
        return cls(**fields, family=family)


def samples(
    keys: Sequence[str], family: Family, folder: Path = _CACHE, *, cached: bool = False
) -> Iterator[Sample]:
    """A sample for each key, a seed or one of :func:`zoo_keys`; made and kept if it is not there.

    With ``cached`` there are only those that are.
    """
    kept, cache = {}, folder / f"samples_{family}.jsonl"
    if cache.exists():
        found = (Sample.from_json(line, family) for line in cache.read_text().splitlines())
        kept = {sample.key: sample for sample in found}
    for key in keys:
        if key not in kept:
            if cached:
                continue
            kept[key] = _synthesised(key, family)
            cache.parent.mkdir(parents=True, exist_ok=True)
            with cache.open("a") as file:
                file.write(kept[key].as_json() + "\n")
        yield kept[key]


def zoo_keys(family: Family) -> list[str]:
    """Keys of the zoo's designs that an FPGA of a family may be asked for."""
    return [key for key, design in _ZOO.items() if design.suits(family)]


def _synthesised(key: str, family: Family) -> Sample:
    design, plan = _design(key, family)
    with tempfile.TemporaryDirectory(dir=".") as folder:
        figures = measure(Decoder(plan), family, Path(folder))
    measured = {name: figures[name] for name in ("lut", "ff", "dsp", "bram")}
    shapes = tuple(shape_of_plan(stage.plan, family) for stage in plan.stages)
    return Sample(key, design, shapes, measured, family)


def _design(key: str, family: Family) -> tuple[str, DecoderPlan]:
    """What a design is in words, beside its key, and its plan."""
    if key in _ZOO:
        return "", _ZOO[key].plan(family)
    found = random_design(int(key), family)
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
