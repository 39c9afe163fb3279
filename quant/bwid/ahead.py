"""AHEAD's search: all three steps of BWID, on all the golden data that it is given."""

from build_decoder.models.golden import GoldenData
from build_decoder.models.network import Network
from build_decoder.models.progress import Progress, silent
from build_decoder.quant.bwid.hill_climbing import climb_fraction_bits
from build_decoder.quant.bwid.objective import DEFAULT_ALPHA
from build_decoder.quant.bwid.ranges import PERFECT_FRACTION, select_integer_bits
from build_decoder.quant.bwid.sensitivity import LOWER_BOUND, select_fraction_bits
from build_decoder.quant.evaluator import Evaluator
from build_decoder.quant.range_analysis import coarsest_node
from build_decoder.quant.search_result import SearchError, SearchResult, StepRecorder
from build_decoder.quant.spare import with_spare_bits

__all__ = ["search_ahead"]

_PERFECT_ERROR = 0.05
"""Error of an output, in its standard deviation, beyond which perfect formats are not perfect."""

_PERFECT_KEPT = 0.95
"""Part of all decisions that perfect formats keep at least."""


def search_ahead(
    network: Network,
    golden: GoldenData,
    *,
    seed: int = 0,
    alpha: float = DEFAULT_ALPHA,
    lower_bound: int = LOWER_BOUND,
    max_error: float | None = None,
    uniform_segments: int | None = None,
    reloadable: bool = False,
    progress: Progress = silent,
) -> SearchResult:
    """Formats by BWS-IBW, BWS-FBW and BWO-FBW, which are the names of the result's steps.

    Parameters
    ----------
    seed
        Of the hill climbing.
    alpha
        Weight of performance in Equation 10.
    lower_bound
        Fewest fraction bits of a node (Equation 8).
    max_error
        Error that an output may have which is a value of its own, in its standard deviation; None
        where outputs only decide.
    uniform_segments
        Of generated activations; see :func:`quant.activations.integer_activation`.
    reloadable
        Whether other weights are to be written: a last step, ``spare``, adds bits for them.
    progress
        Called now and then with a short text that says what is being done.

    Raises
    ------
    SearchError
        If 20 fraction bits do not hold the network's values.
    """
    evaluator = Evaluator(network, golden, uniform_segments=uniform_segments)
    recorder = StepRecorder(
        lambda: network, lambda: evaluator.evaluations, evaluator.quality
    )
    with recorder.step("BWS-IBW") as found:
        perfect = select_integer_bits(network, golden)
        found(perfect)
    quality = recorder.steps[0].quality
    if uniform_segments is not None:
        # What few segments do to outputs is not the formats' fault, and no fault of a search.
        quality = Evaluator(network, golden).quality(perfect)
    if max(quality.errors) > _PERFECT_ERROR or min(quality.agreements, default=1) < _PERFECT_KEPT:
        raise SearchError(
            f"expected values that {PERFECT_FRACTION} fraction bits hold, which AHEAD's perfect "
            f"formats have, got an output off by {max(quality.errors):.3g} of its standard "
            f"deviation and {min(quality.agreements, default=1):.1%} of decisions kept with them: "
            f"{coarsest_node(network, golden.x, perfect, each=True)}"
        )
    with recorder.step("BWS-FBW") as found:
        progress("BWS-FBW")
        candidates = select_fraction_bits(
            evaluator, perfect, lower_bound=lower_bound, max_error=max_error
        )
        found(candidates)
    with recorder.step("BWO-FBW") as found:
        climb = climb_fraction_bits(
            evaluator,
            candidates,
            alpha=alpha,
            seed=seed,
            lower_bound=lower_bound,
            max_error=max_error,
            progress=progress,
        )
        found(climb.formats)
    if reloadable:
        with recorder.step("spare") as found:
            found(with_spare_bits(network, climb.formats))
    ties = golden.task.decisions(evaluator.outputs(perfect)) != golden.task.decisions(golden.y)
    return SearchResult("ahead", network, tuple(recorder.steps), ties.any(axis=1))
