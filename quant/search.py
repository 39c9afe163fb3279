"""The default search: the cheapest decoder that keeps a criterion which carries over.

Five steps. ``range``: integer bits that hold what occurs. ``pruned``: neurons that others can stand
in for are left out; how many, is what the steps after it make cheapest. ``alone``: the fewest
fraction bits of each node, all others perfect. ``narrowed``: all together, widened until they keep
the criterion and then narrowed, at either end, where a unit of harm saves most cost.
``exchanged``: a bit more at one node for fewer at another, and what saves much although it does too
much harm, if wider others make up for it, while that saves cost.

Nodes that :mod:`quant.alike` puts together have one format in every step.

Integer bits are narrowed as fraction bits are: the node then saturates within the range that
occurs, which costs little where large values are rare or where the next operation saturates anyway.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

import numpy as np

from build_decoder.models.golden import GoldenData
from build_decoder.models.network import Network
from build_decoder.models.progress import Progress, silent
from build_decoder.quant.alike import alike_nodes
from build_decoder.quant.cost import CostMaker
from build_decoder.quant.criterion import Criterion
from build_decoder.quant.exact_forms import approximated, exact_quality, made_exact
from build_decoder.quant.exchange import Exchange
from build_decoder.quant.forward_once import ForwardOnce
from build_decoder.quant.input_statistics import InputStatistics
from build_decoder.quant.joint_judge import JointJudge
from build_decoder.quant.judge import Judge
from build_decoder.quant.pruning import common_pruning_path
from build_decoder.quant.search_result import SearchResult, StepRecorder
from build_decoder.quant.spare import with_spare_bits
from build_decoder.quant.standard import Standard
from build_decoder.quant.weight_rounding import CompensatedRounding, on_grid
from build_decoder.quant.width_search import WidthSearch

__all__ = ["search_formats"]

_PRUNED_HARM = (0.0, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5)
"""Parts of the harm allowed that pruning alone may do, each of which is tried."""


def search_formats(
    network: Network,
    golden: GoldenData,
    criterion: Criterion,
    cost: CostMaker,
    *,
    standard: Standard | None = None,
    also: Sequence[tuple[Network, GoldenData]] = (),
    prune: bool = True,
    finer: bool = True,
    uniform_segments: int | None = None,
    reloadable: bool = False,
    judge: Callable[..., Judge] = Judge,
    progress: Progress = silent,
) -> SearchResult:
    """Cheap formats for ``network`` that keep ``criterion`` on ``golden``.

    Parameters
    ----------
    cost
        Makes what is made small, for a network with as many neurons or fewer.
    standard
        Default: that of ``network``, ``golden`` and ``criterion``.
    also
        Other networks of the same signal nodes, and golden data of each, whose decisions the
        formats keep as well. As many neurons of each are left out.
    prune
        Leave out neurons that others can stand in for.
    finer
        Take finer formats where the usual ones do not keep many of golden data's decisions.
    uniform_segments
        Of generated activations; see :func:`quant.quantise.quantise`.
    reloadable
        Whether other weights are to be written: a last step, ``spare``, adds bits for them. If not,
        :func:`~quant.alike.alike_nodes` have one format.
    judge
        Makes what says whether a network's formats keep the criterion.
    progress
        Called now and then with a short text that says what is being done.

    Raises
    ------
    SearchError
        If not even perfect formats hold the network's values.
    """
    standard = standard or Standard(network, golden, criterion)
    standards = [standard, *(Standard(*other, criterion) for other in also)]
    cases = [(network, golden), *also]
    suspected = any(near.even for standard in standards for near in standard.near)
    statistics = [InputStatistics() for _ in cases]

    def judge_of(networks: Sequence[Network], roundings: Sequence[CompensatedRounding], **how):
        judges = [
            judge(network, golden, criterion, rounding=rounding, standard=standard, **how)
            for network, (_, golden), rounding, standard in zip(
                networks, cases, roundings, standards, strict=True
            )
        ]
        return JointJudge(judges) if also else judges[0]

    def search_of(networks: Sequence[Network], extra: int = 0) -> WidthSearch:
        roundings = [
            CompensatedRounding(network, golden.x, known)
            for network, (_, golden), known in zip(networks, cases, statistics, strict=True)
        ]
        return WidthSearch(
            [(network, golden) for network, (_, golden) in zip(networks, cases, strict=True)],
            cost=cost(networks[0]),
            roundings=roundings,
            judge=judge_of(networks, roundings, uniform_segments=uniform_segments),
            progress=progress,
            extra=extra,
            suspected=suspected,
            alike=None if reloadable else alike_nodes(networks[0]),
            statistics=statistics,
        )

    first = best = search_of([network for network, _ in cases])
    searches = [first]
    recorder = StepRecorder(
        lambda: best.network,
        lambda: sum(search.judge.evaluations for search in searches),
        lambda formats: best.judge.quality(formats),
    )
    with recorder.step("range") as found:
        found(first.perfect)
    exact = first.judge
    if uniform_segments is not None:
        exact = judge_of(first.networks, first.roundings)
    first.check(exact, finer)
    with recorder.step("pruned") as found:
        if prune:
            pruned = (
                search_of(smaller, first.extra) for smaller in _pruned(cases, standards)
            )
            searches.extend(search for search in pruned if search.holds(search.perfect))
        best = _best(searches)
        found(best.perfect)
    with recorder.step("exchanged") as found:
        found(Exchange(best).exchanged(best.steps[-1].formats))
    formats, quality = recorder.steps[-1].formats, None
    if approximated(best.network, formats):
        quality = partial(exact_quality, best, uniform_segments=uniform_segments)
        with recorder.step("exact", quality) as found:
            found(made_exact(best, formats, uniform_segments))
    if reloadable:
        with recorder.step("spare", quality) as found:
            found(with_spare_bits(best.network, recorder.steps[-1].formats))
    ranges, pruned, exchanged = recorder.steps[:3]
    # The widths of what was kept were searched to find that it is the best to keep.
    pruned = replace(
        pruned,
        evaluations=pruned.evaluations - sum(step.evaluations for step in best.steps),
        seconds=pruned.seconds - sum(step.seconds for step in best.steps),
    )
    built, *others = (
        on_grid(network, recorder.steps[-1].formats, rounding)
        for network, rounding in zip(best.networks, best.roundings, strict=True)
    )
    return SearchResult(
        "default" if prune else "widths",
        built,
        (ranges, pruned, *best.steps, *recorder.steps[2:]),
        standard.near_ties,
        tuple(others),
    )


def _best(searches: Sequence[WidthSearch]) -> WidthSearch:
    """The search whose formats are worth least, of those from the whole network to the smallest;
    the judges of the others forget their results."""
    best, least = searches[-1], np.inf
    # What is small costs little, and shows the others to be hopeless.
    for search in reversed(searches):
        worse = search
        if search.may_be_worth_less(least):
            worth = search.worth(search.steps[-1].formats)
            if worth <= least:
                best, worse, least = search, best, worth
        if worse is not best:
            worse.judge.forget()
    return best


def _pruned(
    cases: Sequence[tuple[Network, GoldenData]], standards: Sequence[Standard]
) -> list[tuple[Network, ...]]:
    """The smallest networks, one of each case, that keep its standard and do not harm more than a
    limit, for each of :data:`_PRUNED_HARM`; all different."""
    smallest = {}
    runs = [
        [
            None if samples is None else ForwardOnce(samples.x)
            for samples in (golden, standard.near_samples)
        ]
        for (_, golden), standard in zip(cases, standards, strict=True)
    ]
    for networks in common_pruning_path([(network, golden.x) for network, golden in cases]):
        harms, held = [], True
        for network, standard, (run, near) in zip(networks, standards, runs, strict=True):
            quality = standard.quality(run.outputs(network))
            harms.append(standard.harm(None if near is None else near.outputs(network), quality))
            held = held and standard.holds(harms[-1], quality)
        if max(harms) > max(_PRUNED_HARM):
            break
        if held:
            smallest.update((limit, networks) for limit in _PRUNED_HARM if max(harms) <= limit)
    return list({id(networks): networks for networks in smallest.values()}.values())
