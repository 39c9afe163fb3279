"""The area model's fit to synthesis runs: ``python -m bench.area_model fit|test``.

``fit --designs N --seed S`` synthesises the random designs of seeds S to S + N - 1 (see
bench.area_designs) for the 7 series, fits the coefficients of quant.area and stores them. ``test``
synthesises others and prints what the model says of them, beside the zoo's networks; its exit
status is 1 if it is off by more than 15 % of a design's LUTs, or wrong in DSP blocks or block RAMs.

Every design synthesised is kept in build/area_model/samples.jsonl, so that a run that was broken
off goes on where it was.
"""

import argparse
import json
import shlex
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from bench.area_designs import random_design
from bench.networks import ZOO
from bench.resources import measure
from hdl.area import shape_of_plan
from hdl.decoder import Decoder
from hdl.design import design_decoder
from hdl.target import XC7
from models.golden import load_golden
from models.load import load_network
from quant.area import (
    COEFFICIENTS_FILE,
    ActivationShape,
    Area,
    DenseShape,
    PackerShape,
    area_of,
    coefficients,
)
from quant.quantise import quantise

__all__ = ["Sample", "fit", "main", "samples"]

TOLERANCE = 0.15
"""Error in LUTs, relative to those measured, that the model may have."""

_CACHE = Path("build/area_model/samples.jsonl")
_PRIOR = {
    "lut": {
        "layer": 8, "row_bits": 1, "beat_bits": 1.3, "replay": 4, "replay_bits": 1,
        "replay_forwarded": 1.5, "replay_ram": 1.2, "rom_rarer": 0.09, "deep_rom_rarer": 0.125,
        "product_full_adders": 2, "counter_bits": 1, "selected": 0.55, "evenly_selected": 0.35,
        "bias_bits": 0.1, "narrowed": 0.8, "checked": 0.1, "biased": 0.3, "limited": 0.5,
        "activation_table": 0.65, "activation_adder": 0.5, "packer": 5, "packer_bits": 1.5,
    },
    "ff": {"layer": 10},
}
"""What a count takes as layers' components, synthesised alone, show; 1 for all others. A design
does not tell its components apart, so that a fit to designs alone knows little of each."""

_PRIOR_WEIGHT = 0.15
"""An error of a whole coefficient weighs as much as this error of a sample."""

_OUTLIER = 0.08
"""Relative error beyond which a sample pulls on the fit the less, the farther off it is: what it
has is not what is counted."""

_LEAST = 10
"""LUTs or flip-flops below which errors are absolute."""


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
    """A sample for each key, a seed or a network of the zoo; made and kept if it is not there.

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


def fit(fitted: Sequence[Sample]) -> dict[str, dict[str, float]]:
    """Coefficients of LUTs and of flip-flops, none negative, of least relative errors.

    Designs of which the rules get DSP blocks or block RAMs wrong tell nothing: what is counted for
    them is not what they have.
    """
    fitted = [sample for sample in fitted if not _blocks_differ(sample)]
    return {
        "lut": _fit("lut", [(s.shapes, s.measured["lut"]) for s in fitted], "features"),
        "ff": _fit("ff", [(s.shapes, s.measured["ff"]) for s in fitted], "registers"),
    }


def _fit(kind: str, rows, counts_of: str) -> dict[str, float]:
    counts = [[getattr(shape, counts_of) for shape in shapes] for shapes, _ in rows]
    names = list(dict.fromkeys(name for row in counts for shape in row for name in shape))
    matrix = np.array(
        [[sum(shape.get(name, 0) for shape in row) for name in names] for row in counts], float
    )
    measured = np.array([taken for _, taken in rows], float)
    prior = np.array([_PRIOR[kind].get(name, 1.0) for name in names])
    scale = _PRIOR_WEIGHT / np.maximum(prior, 0.1)
    weight = 1 / np.maximum(measured, _LEAST)
    found = prior
    for _ in range(20):
        error = np.abs(matrix @ found - measured) * weight
        row_weight = weight / np.maximum(error / _OUTLIER, 1)
        found = _non_negative_least_squares(
            np.vstack([matrix * row_weight[:, None], np.diag(scale)]),
            np.concatenate([measured * row_weight, prior * scale]),
        )
    return {name: round(float(value), 4) for name, value in zip(names, found, strict=True)}


def _non_negative_least_squares(matrix: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Lawson and Hanson's active-set method."""
    found = np.zeros(matrix.shape[1])
    free = np.zeros(len(found), dtype=bool)
    for _ in range(10 * len(found)):
        gradient = matrix.T @ (wanted - matrix @ found)
        if free.all() or gradient[~free].max() < 1e-9:
            break
        free[np.where(free, -np.inf, gradient).argmax()] = True
        while True:
            tried = np.zeros_like(found)
            tried[free] = np.linalg.lstsq(matrix[:, free], wanted, rcond=None)[0]
            below = free & (tried <= 1e-12)
            if not below.any():
                break
            step = (found[below] / (found[below] - tried[below])).min()
            found = found + step * (tried - found)
            free &= found > 1e-12
        found = tried
    return found


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit status: 0, 1 a test that the model fails."""
    argv = sys.argv[1:] if argv is None else list(argv)
    parser = argparse.ArgumentParser(
        prog="python -m bench.area_model", description=__doc__.split("\n")[0]
    )
    parser.add_argument("action", choices=("fit", "test"))
    parser.add_argument("--designs", type=int, default=24, metavar="N", help="(%(default)s)")
    parser.add_argument(
        "--seed", type=int, required=True, metavar="S", help="of the first design; others follow"
    )
    parser.add_argument(
        "--cached", action="store_true", help="leave out designs that were not synthesised yet"
    )
    arguments = parser.parse_args(argv)
    keys = [str(seed) for seed in range(arguments.seed, arguments.seed + arguments.designs)]
    if arguments.action == "fit":
        command = shlex.join(["python", "-m", "bench.area_model", *argv])
        return _report_fit(list(samples(keys, cached=arguments.cached)), command)
    return _report_test(list(samples([*keys, *ZOO], cached=arguments.cached)), keys)


def _report_fit(fitted: list[Sample], command: str) -> int:
    stored = {"command": command, **fit(fitted)}
    COEFFICIENTS_FILE.write_text(json.dumps(stored, indent=2) + "\n")
    coefficients.cache_clear()
    _store("fitted", fitted)
    _print_table(fitted)
    return 0


def _report_test(tested: list[Sample], keys: list[str]) -> int:
    _store("held_out", [sample for sample in tested if sample.key in keys])
    _print_table(tested)
    off = [sample for sample in tested if abs(sample.error) > TOLERANCE or _blocks_differ(sample)]
    print(f"{len(off)} of {len(tested)} are off" if off else "all are within the tolerance")
    return 1 if off else 0


def _store(name: str, group: list[Sample]) -> None:
    """Add the errors on ``group`` to the file of coefficients."""
    stored = json.loads(COEFFICIENTS_FILE.read_text())
    errors = np.abs([sample.error for sample in group])
    stored[name] = {
        "designs": len(group),
        "mean_lut_error": round(float(errors.mean()), 4),
        "max_lut_error": round(float(errors.max()), 4),
    }
    COEFFICIENTS_FILE.write_text(json.dumps(stored, indent=2) + "\n")


def _print_table(group: list[Sample]) -> None:
    print(f"{'design':34} {'estimated':>9} {'LUTs':>6} {'error':>7} {'FF':>13} {'DSP':>9} "
          f"{'RAMB36':>11}")
    for sample in group:
        found, measured = sample.estimated, sample.measured
        mark = "  <" if abs(sample.error) > TOLERANCE or _blocks_differ(sample) else ""
        print(f"{sample.key + ' ' + sample.design:34.34} {found.lut:9.0f} {measured['lut']:6} "
              f"{100 * sample.error:6.1f}% {found.ff:6.0f} {measured['ff']:6} {found.dsp:4} "
              f"{measured['dsp']:4} {found.bram36:5} {measured['bram36']:5}{mark}")
    errors = 100 * np.abs([sample.error for sample in group])
    print(f"LUTs: {errors.mean():.1f} % off in the mean, {errors.max():.1f} % at most")


def _blocks_differ(sample: Sample) -> bool:
    found = sample.estimated
    return (found.dsp, found.bram36) != (sample.measured["dsp"], sample.measured["bram36"])


def _synthesised(key: str) -> Sample:
    design, decoder = _design(key)
    with tempfile.TemporaryDirectory(dir=".") as folder:
        figures = measure(decoder, XC7, Path(folder))
    measured = {name: figures[name] for name in ("lut", "ff", "dsp", "bram36")}
    return Sample(key, design, tuple(map(shape_of_plan, decoder.plans)), measured)


def _design(key: str) -> tuple[str, Decoder]:
    if key in ZOO:
        network = load_network(key)
        model = quantise(network, load_golden(key, network)).model
        return network.topology, design_decoder(model, family=XC7)
    found = random_design(int(key))
    return str(found), found.decoder


def _shape_from(fields: dict) -> DenseShape | PackerShape:
    kind = fields.pop("kind")
    if kind == PackerShape.__name__:
        return PackerShape(**fields)
    return DenseShape(**{**fields, "activation": ActivationShape(**fields["activation"])})


if __name__ == "__main__":
    sys.exit(main())
