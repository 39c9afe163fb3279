"""AHEAD's search: all three steps of BWID, on all the golden data that it is given."""

from models.golden import GoldenData
from models.network import Network
from models.progress import Progress, silent
from quant.bwid.hill_climbing import climb_fraction_bits
from quant.bwid.objective import DEFAULT_ALPHA
from quant.bwid.ranges import select_integer_bits
from quant.bwid.sensitivity import LOWER_BOUND, select_fraction_bits
from quant.evaluator import Evaluator
from quant.search_result import SearchResult, StepRecorder

__all__ = ["search_ahead"]


def search_ahead(
    network: Network,
    golden: GoldenData,
    *,
    seed: int = 0,
    alpha: float = DEFAULT_ALPHA,
    lower_bound: int = LOWER_BOUND,
    max_error: float | None = None,
    uniform_segments: int | None = None,
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
    progress
        Called now and then with a short text that says what is being done.
    """
    evaluator = Evaluator(network, golden, uniform_segments=uniform_segments)
    recorder = StepRecorder(lambda: evaluator.evaluations, evaluator.quality)
    with recorder.step("BWS-IBW") as found:
        perfect = select_integer_bits(network, golden)
        found(perfect)
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
    decided = golden.task.decisions(golden.y)
    ties = golden.task.decisions(evaluator.outputs(perfect)) != decided
    return SearchResult(
        "ahead", network, tuple(recorder.steps), near_ties=int(ties.any(axis=1).sum())
    )
