"""From a trained network and golden data to an integer model: the quantise stage."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import numpy as np

from build_decoder.models.errors import InputError
from build_decoder.models.golden import GoldenData
from build_decoder.models.network import Network
from build_decoder.models.progress import Progress, silent
from build_decoder.quant.advice import advice, ranges_told
from build_decoder.quant.bwid.ahead import search_ahead
from build_decoder.quant.cost import CostMaker
from build_decoder.quant.criterion import MAX_ERROR, Criterion
from build_decoder.quant.exercise import affordable, exercised, missing_answers
from build_decoder.quant.formats import integer_model
from build_decoder.quant.given import given_quantised, has_given
from build_decoder.quant.held_out import held_out_told
from build_decoder.quant.integer_model import IntegerModel
from build_decoder.quant.quality import Quality, Reference
from build_decoder.quant.quantised import Quantised
from build_decoder.quant.same_shape import named_alike
from build_decoder.quant.search import search_formats
from build_decoder.quant.search_result import SearchError, SearchResult
from build_decoder.quant.spare import HEADROOM
from build_decoder.quant.standard import Standard

__all__ = ["SEARCHES", "Quantised", "quantise"]

SEARCHES = ("default", "widths", "ahead")
"""Names of the searches for formats; ``widths`` is the default one, but keeps all neurons."""


def quantise(
    network: Network,
    golden: GoldenData,
    *,
    max_loss: float = 0.0,
    max_error: float = MAX_ERROR,
    search: str = "default",
    cost: CostMaker | None = None,
    seed: int = 0,
    uniform_segments: int | None = None,
    reloadable: bool = False,
    also: Sequence[tuple[Network, GoldenData]] = (),
    progress: Progress = silent,
) -> Quantised:
    """Search formats on the part of ``golden`` that is not held out, and measure them on all.

    Parameters
    ----------
    max_loss
        Accuracy that may be lost on the samples searched on, as a fraction. AHEAD's search has no
        such limit: it weighs loss against width.
    max_error
        Root mean square error that each output of a regression may have, in its standard deviation.
    search
        A name of :data:`SEARCHES`.
    cost
        ``cost(network)`` gives the cost of formats that the search minimises, such as
        :class:`quant.bit_cost.BitCost`, which counts bits. AHEAD's search has a measure of its own
        and needs none.
    seed
        Seed of AHEAD's hill climbing.
    uniform_segments
        Give every generated activation so many uniform segments, as AHEAD does, or one for each
        code of its input if these are fewer; a power of two. The search judges them as they are.
    reloadable
        Whether weights of other days are to be written into the decoder: weights and biases get
        spare bits, and widths of sums have headroom (:mod:`quant.spare`).
    also
        Other networks of the same layers, whatever their names, such as those of earlier days, and
        golden data of each for the same task. Formats are searched that keep their decisions too.
        AHEAD's search has no others.
    progress
        A function that is called now and then with a short text about the search.

    Raises
    ------
    InputError
        If values are too large or too far apart for any formats.
    ValueError
        If the search needs a cost and there is none, or is AHEAD's and there are other networks.
    """
    if cost is None and search != "ahead":
        raise ValueError(f"expected a cost for the search {search!r}, got none")
    if also and search == "ahead":
        raise ValueError("expected no other networks for AHEAD's search, got some")
    network = network.in_sequences(golden.steps)
    if has_given(network):
        return given_quantised(
            network, golden, max_loss=max_loss, max_error=max_error,
            others={
                "reloadable": reloadable, "also": bool(also), "search ahead": search == "ahead"
            },
        )
    others = [
        (named_alike(network, other.in_sequences(its_golden.steps)), its_golden)
        for other, its_golden in also
    ]
    cases = [(case, affordable(case, data.search)) for case, data in ((network, golden), *others)]
    recorded = cases[0][1]
    of = ["", *(f" (--also {other.name})" for other, _ in others)]
    lacking = (
        [f"{answer}{whose}" for answer in missing_answers(data)]
        for (_, data), whose in zip(cases, of, strict=True)
    )
    if missing := next(filter(None, lacking), []):
        cases = [(case, exercised(case, data)) for case, data in cases]
    searched = cases[0][1]
    criterion = Criterion.for_task(searched.task, max_loss=max_loss, max_error=max_error)
    try:
        standard = Standard(network, searched, criterion)
        how = {
            "uniform_segments": uniform_segments, "reloadable": reloadable, "progress": progress
        }
        build = partial(
            _built, uniform_segments=uniform_segments, headroom=HEADROOM if reloadable else None
        )
        if search == "ahead":
            found = search_ahead(
                network, searched, seed=seed, max_error=criterion.max_error, **how
            )
            model = build(found)
        else:
            how |= {
                "standard": standard,
                "prune": search == "default" and not missing,
                "also": cases[1:],
            }
            try:
                found = search_formats(network, searched, criterion, cost, **how)
                model = build(found)
            except ValueError:
                # Near ties asked for sums too wide to build: they are near ties then.
                found = search_formats(
                    network, searched, criterion, cost, finer=False, **how
                )
                model = build(found)
    except SearchError as error:
        raise InputError(f"{network.name}: {error}") from None
    except (OverflowError, ValueError) as error:
        # Formats tell so when they are built: values too far apart have no common fixed point.
        wide = isinstance(error, OverflowError)
        detail = "some that take more than 64 bits" if wide else " ".join(str(error).split())
        raise InputError(
            f"{network.name}: expected values of a range that fixed point can hold, got "
            f"{detail}: {ranges_told(recorded)}"
        ) from error
    of_others, parts_of_others, told_of_others = [], [], []
    for other, (_, its_golden) in zip(found.others, others, strict=True):
        its_model = build(replace(found, network=other))
        its_y = its_model.predict(its_golden.x, steps=its_golden.steps)
        of_others.append(Reference(its_golden).compare(its_y))
        parts_of_others.append(_parts(its_golden, its_y))
        told_of_others += (
            f"--also {other.name}: {told}"
            for told in held_out_told(
                its_golden, its_y, format=its_model.input_format, max_error=criterion.max_error
            )
        )
    y = model.predict(recorded.x, steps=golden.steps)
    y_all = model.predict(golden.x, steps=golden.steps)
    unseen = None
    if golden.held_out.any():
        unseen = Reference(golden.unseen, scale=recorded).compare(y_all[golden.held_out])
    seen = Reference(recorded).compare(y)
    kept = None
    if search != "ahead":
        more = y if searched is recorded else model.predict(searched.x, steps=golden.steps)
        kept = standard.quality(more)
    decide = golden.task.decisions
    lost = (decide(y) != decide(recorded.y)).any(axis=1)
    tied = lost & found.near_ties[: len(recorded)]
    near_ties, apart = int(np.count_nonzero(tied)), _apart(recorded, tied)
    return Quantised(
        model=model,
        search=found,
        seen=seen,
        unseen=unseen,
        all=Reference(golden).compare(y_all),
        uniform_segments=uniform_segments,
        max_error=criterion.max_error if golden.task.keeps_values else None,
        near_ties=near_ties,
        also=tuple(of_others),
        also_parts=tuple(parts_of_others),
        criterion=None if search == "ahead" else criterion,
        warnings=(
            *advice(
                golden, missing, standard, criterion, seen, near_ties, search,
                kept=kept, apart=apart, spare=reloadable,
            ),
            *held_out_told(
                golden, y_all, format=model.input_format, max_error=criterion.max_error,
                scale=recorded,
            ),
            *told_of_others,
        ),
    )


def _parts(golden: GoldenData, y: np.ndarray) -> tuple[Quality, Quality | None]:
    """Quality of outputs ``y`` (samples, outputs) on the samples searched on, and on those held
    out, None if there are none."""
    searched, held_out = golden.search, golden.held_out
    seen = Reference(searched).compare(y[~held_out])
    if not held_out.any():
        return seen, None
    return seen, Reference(golden.unseen, scale=searched).compare(y[held_out])


def _apart(golden: GoldenData, tied: np.ndarray) -> float:
    """Median margin of the samples that are ``tied``, in the standard deviation of all outputs."""
    if not tied.any():
        return 0.0
    margins = golden.task.margins(golden.y, golden.task.decisions(golden.y)).min(axis=1)
    return float(np.median(margins[tied])) / (float(golden.y.std()) or 1.0)


def _built(found: SearchResult, **how) -> IntegerModel:
    return integer_model(found.network, found.formats, also=found.others, **how)
