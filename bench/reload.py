"""What recalibrated networks lose in the formats of a decoder that was built before.

python -m build_decoder.bench.reload --days DIR [--network NAME] [--seeds N ...] [--also COUNT]

Networks of other sessions, with other units, are trained by the recipe of a shipped network into
``DIR``, unless they are there already. Each is built anew with a search of its own (``rebuilt``),
and loaded into the shipped network's decoder: in its formats as they were searched (``frozen``),
with the spare bits of ``--reloadable`` (``reloaded``), and in formats with spare bits that were
searched for the first few of these networks as well (``also``; these are marked *). Accuracies are
in % of the samples that are held out, and losses in points: what a rebuilt decoder has more. Exits
with status 1 if a reloaded decoder, or one in formats of ``--also``, loses more than 0.2 points or
is refused.
"""

import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from build_decoder.actions import search
from build_decoder.bench.sessions import SEEDS, Case, case_of, trained
from build_decoder.hdl import families
from build_decoder.hdl.family import Family
from build_decoder.models.arguments import LineParser, filled_path, whole_number
from build_decoder.models.command import exit_status
from build_decoder.models.errors import InputError
from build_decoder.models.network import Network
from build_decoder.options import SearchOptions
from build_decoder.quant.formats import integer_model
from build_decoder.quant.integer_model import IntegerModel
from build_decoder.quant.quantise import Quantised
from build_decoder.quant.recalibration import recalibrate
from build_decoder.quant.spare import HEADROOM

__all__ = ["MOST_LOST", "Row", "built_forms", "main", "row_of"]

MOST_LOST = 0.2
"""Points that a reload may lose against a rebuild."""

_FORMS = ("frozen", "reloaded", "also")
_CHECKED = ("reloaded", "also")


@dataclass(frozen=True)
class Row:
    """Accuracies of a network, as fractions of the held-out samples; None where it is refused.

    Attributes
    ----------
    floats, rebuilt
        Of the network, and of a decoder of its own.
    loaded
        Of built decoders with its weights, by the name of their formats.
    seconds
        To build a decoder of its own up to its formats, and to recalibrate a built one.
    """

    floats: float
    rebuilt: float
    loaded: Mapping[str, float | None]
    seconds: tuple[float, float]

    def lost(self, form: str) -> float | None:
        """Points that a decoder in ``form`` loses against one of its own."""
        accuracy = self.loaded[form]
        return None if accuracy is None else 100 * (self.rebuilt - accuracy)


def built_forms(
    case: Case, also: Sequence[Case], family: Family
) -> Iterator[tuple[str, IntegerModel, float]]:
    """Name, integer model, and seconds of the search, of each kind of formats."""
    start = time.perf_counter()
    found = _searched(case, family, reloadable=True)
    seconds = time.perf_counter() - start
    formats = found.search.steps[-2].formats
    yield "frozen", integer_model(found.search.network, formats, headroom=HEADROOM), seconds
    yield "reloaded", found.model, seconds
    if also:
        start = time.perf_counter()
        model = _searched(case, family, reloadable=True, also=also).model
        yield "also", model, time.perf_counter() - start


def row_of(case: Case, origin: Network, models: Mapping[str, IntegerModel], family: Family) -> Row:
    """The row of a network beside decoders that were built of ``origin``."""
    network, golden = case
    start = time.perf_counter()
    own = _searched(case, family).unseen
    rebuilding = time.perf_counter() - start
    loaded, start = {}, time.perf_counter()
    for name, model in models.items():
        try:
            found = recalibrate(model, origin, network, golden, max_loss=1.0)
            loaded[name] = found.unseen.accuracy
        except InputError:
            loaded[name] = None
    loading = (time.perf_counter() - start) / len(models)
    return Row(own.float_accuracy, own.accuracy, loaded, (rebuilding, loading))


def _searched(case: Case, family: Family, **how) -> Quantised:
    return search(*case, SearchOptions(), family=family, **how)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table; returns the exit status."""
    return exit_status(lambda: _run(arguments))


def _run(arguments: Sequence[str] | None) -> int:
    parser = LineParser(prog="python -m build_decoder.bench.reload")
    parser.add_argument("--days", type=filled_path, required=True, metavar="DIR")
    parser.add_argument("--network", choices=SEEDS, default="ahead_case1")
    parser.add_argument("--seeds", type=whole_number(0, 2**31 - 1), nargs="+")
    parser.add_argument("--also", type=whole_number(0, 16), default=2, help="networks (default: 2)")
    parser.add_argument("--epochs", type=whole_number(1, 10_000), help="at most")
    options = parser.parse_args(arguments)
    seeds = options.seeds or SEEDS[options.network]
    days = [trained(options.network, options.days, seed, options.epochs) for seed in seeds]
    family, shipped = families.DEFAULT, case_of(options.network)
    models, built = {}, []
    for name, model, seconds in built_forms(shipped, days[: options.also], family):
        models[name] = model
        built.append(f"{name} {model.topology}, {model.average_bit_width():.2f} bits, "
                     f"{seconds:.0f} s")
    print(f"{options.network}: {'; '.join(built)}\n")
    forms = [form for form in _FORMS if form in models]
    print(f"| seed | float | rebuilt | {' | '.join(forms)} | lost, {' | lost, '.join(forms)} | "
          "s to rebuild | s to recalibrate |")
    print("|---" * (5 + 2 * len(forms)) + "|")
    kept = True
    for number, (seed, day) in enumerate(zip(seeds, days, strict=True)):
        row = row_of(day, shipped[0], models, family)
        lost = [row.lost(form) for form in forms]
        kept &= all(
            points is not None and points <= MOST_LOST + 1e-9
            for form, points in zip(forms, lost, strict=True)
            if form in _CHECKED
        )
        accuracies = [row.floats, row.rebuilt, *(row.loaded[form] for form in forms)]
        cells = ["refused" if a is None else f"{100 * a:.2f}" for a in accuracies]
        cells += ["-" if points is None else f"{points:.2f}" for points in lost]
        cells += [f"{seconds:.1f}" for seconds in row.seconds]
        mark = "*" if number < options.also else ""
        print(f"| {seed}{mark} | {' | '.join(cells)} |", flush=True)
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
