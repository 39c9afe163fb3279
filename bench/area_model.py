"""The area model's fit to synthesis runs: ``python -m build_decoder.bench.area_model fit|test``.

``fit`` synthesises random designs (see bench.area_designs) for ``--target``, fits the coefficients
of hdl.planning.area for that family and stores them. ``test`` prints what the model says of designs
that it is not fitted to: decoders of the zoo's networks (see bench.area_zoo), and other random
designs. Its exit status is 1 if one of the zoo's is off by more than 15 % of its LUTs, or wrong in
DSP blocks or block RAMs.
"""

import json
import shlex
import sys
from collections.abc import Sequence

import numpy as np

from build_decoder.bench.area_fit import fit
from build_decoder.bench.area_samples import Sample, samples, zoo_keys
from build_decoder.hdl.families import DEFAULT, FAMILIES
from build_decoder.hdl.family import Family
from build_decoder.hdl.planning.area import coefficients, coefficients_file
from build_decoder.models.arguments import LineParser, whole_number
from build_decoder.models.command import exit_status

__all__ = ["main"]

TOLERANCE = 0.15
"""Error in LUTs, relative to those measured, that the model may have."""

_SEEDS = {"fit": (0, 60), "test": (60, 20)}
"""First seed and number of the random designs of an action."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; its exit status: 0, 1 the model fails a test, 2 bad input, 3 no tools."""
    return exit_status(
        lambda: _run(sys.argv[1:] if argv is None else list(argv)),
        prefix="bench.area_model: ",
        tools=True,
    )


def _run(argv: list[str]) -> int:
    parser = LineParser(
        prog="python -m build_decoder.bench.area_model", description=__doc__.split("\n")[0]
    )
    parser.add_argument("action", choices=("fit", "test"))
    parser.add_argument(
        "--target", choices=sorted(FAMILIES), default=DEFAULT.name,
        help="FPGA family (%(default)s)",
    )
    parser.add_argument(
        "--designs", type=whole_number(0, 100_000), metavar="N", help="random ones"
    )
    parser.add_argument(
        "--seed", type=whole_number(0, 2**31 - 1), metavar="S",
        help="of the first random design; others follow",
    )
    parser.add_argument(
        "--cached", action="store_true", help="leave out designs that were not synthesised yet"
    )
    arguments = parser.parse_args(argv)
    family = FAMILIES[arguments.target]
    seed, count = _SEEDS[arguments.action]
    seed = seed if arguments.seed is None else arguments.seed
    count = count if arguments.designs is None else arguments.designs
    random = list(samples([str(seed + n) for n in range(count)], family, cached=arguments.cached))
    zoo = []
    if arguments.action == "test":
        zoo = list(samples(zoo_keys(family), family, cached=arguments.cached))
    if not (random if arguments.action == "fit" else zoo):
        parser.error("expected designs that were synthesised, got none")
    if arguments.action == "fit":
        command = ["python", "-m", "build_decoder.bench.area_model", *argv]
        return _report_fit(random, family, shlex.join(command))
    return _report_test(zoo, random, family)


def _report_fit(fitted: list[Sample], family: Family, command: str) -> int:
    path = coefficients_file(family)
    stored = json.loads(path.read_text()) if path.exists() else {}
    alone = {name: stored.get(name, {}) for name in ("prior", "measured")}
    stored = {"command": command, **alone, **fit(fitted, family, **alone)}
    path.write_text(json.dumps(stored, indent=2) + "\n")
    coefficients.cache_clear()
    _report("fitted", "Random designs that the model is fitted to", fitted, family)
    return 0


def _report_test(zoo: list[Sample], random: list[Sample], family: Family) -> int:
    _report("zoo", "Decoders of the zoo", zoo, family)
    if random:
        _report("held_out", "Random designs held out", random, family)
    return 1 if any(map(_is_off, zoo)) else 0


def _report(name: str, title: str, group: list[Sample], family: Family) -> None:
    """Print estimates beside what was measured, and store the errors with the coefficients."""
    print(f"{title}\n{'':46} {'estimated':>9} {'LUTs':>6} {'error':>7} {'FF':>13} {'DSP':>9} "
          f"{'BRAM':>11}")
    for sample in group:
        found, measured = sample.estimated, sample.measured
        print(f"{sample.key + ' ' + sample.design:46.46} {found.lut:9.0f} {measured['lut']:6} "
              f"{100 * sample.error:6.1f}% {found.ff:6.0f} {measured['ff']:6} {found.dsp:4} "
              f"{measured['dsp']:4} {found.bram:5} {measured['bram']:5}"
              f"{'  <' if _is_off(sample) else ''}")
    errors = np.abs([sample.error for sample in group])
    within = int((errors <= TOLERANCE).sum())
    exact = sum(not sample.blocks_differ for sample in group)
    print(f"LUTs: {100 * errors.mean():.1f} % off in the mean, {100 * errors.max():.1f} % at most; "
          f"{within} of {len(group)} within {100 * TOLERANCE:.0f} %\n"
          f"DSP blocks and block RAMs: exact in {exact} of {len(group)}\n")
    stored = json.loads(coefficients_file(family).read_text())
    stored[name] = {
        "designs": len(group),
        "mean_lut_error": round(float(errors.mean()), 4),
        "max_lut_error": round(float(errors.max()), 4),
        "within_tolerance": within,
        "exact_blocks": exact,
    }
    coefficients_file(family).write_text(json.dumps(stored, indent=2) + "\n")


def _is_off(sample: Sample) -> bool:
    return abs(sample.error) > TOLERANCE or sample.blocks_differ


if __name__ == "__main__":
    sys.exit(main())
