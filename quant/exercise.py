"""Samples that exercise answers which golden data hardly has.

If golden data hardly ever has some answer, its decisions cannot tell whether a decoder can still
give that answer: a decoder that never gives it keeps all decisions. Then samples are bred that
reach farther than golden data, and on these, as on golden data, each output is kept as a value.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from build_decoder.models.golden import GoldenData
from build_decoder.models.network import Network
from build_decoder.models.resources import resources
from build_decoder.models.task import Kind

__all__ = ["affordable", "exercised", "may_be_bred", "missing_answers"]

_SAMPLES = 1024

_MACS = 1 << 33
"""Multiplications of one run of a network on all samples that a search may look at."""

_FEW = 4
"""If fewer golden samples than this have an answer, the answer counts as missing."""


def may_be_bred(network: Network) -> bool:
    """Whether samples may be mixed value by value: each input value is a measurement of its own."""
    return all(item.grain == "value" for item in network.given_inputs)


def affordable(network: Network, golden: GoldenData) -> GoldenData:
    """``golden``, or some of its samples if the network has sequences or images and a search could
    not run all of them again and again.

    The samples of smallest margin are taken: other samples are decided alike by any formats that
    come near the float network. For a regression, which has no margins, samples are taken at even
    distances; of a continuous network, whole sequences.
    """
    most = max(_MACS // max(resources(network).macs, 1), _SAMPLES // 8)
    if len(golden) <= most or all(len(shape) == 1 for shape in network.shapes.values()):
        return golden
    decided = golden.task.decisions(golden.y)
    if golden.steps is not None:
        sequences = len(golden) // golden.steps
        count = max(most // golden.steps, 1)
        picked = np.linspace(0, sequences - 1, min(count, sequences)).round().astype(int)
        rows = picked[:, None] * golden.steps + np.arange(golden.steps)
        return golden.select(rows.ravel())
    if not decided.shape[1]:
        return golden.select(np.linspace(0, len(golden) - 1, most).round().astype(int))
    margins = [golden.task.margin(golden.y, decided, n) for n in range(decided.shape[1])]
    order = np.argsort(np.min(margins, axis=0), kind="stable")
    return golden.select(np.sort(order[:most]))


def missing_answers(golden: GoldenData) -> list[str]:
    """Answers that are hardly ever given on ``golden``, as text for the user."""
    task = golden.task
    decided = task.decisions(golden.y)
    missing = []
    for number, choices in enumerate(task.choices(golden.y.shape[1])):
        given = np.bincount(decided[:, number], minlength=choices)
        absent = np.flatnonzero(given < _FEW)
        if len(absent):
            missing.append(_named(golden, number, absent))
    return missing


def _named(golden: GoldenData, number: int, absent: Sequence[int]) -> str:
    if golden.task.kind is Kind.LABELS:
        return f"label {golden.told(number)} hardly ever {'off' if absent[0] == 0 else 'on'}"
    names = ", ".join(map(golden.told, absent[:5])) + (" and others" if len(absent) > 5 else "")
    return f"{'class' if len(absent) == 1 else 'classes'} {names} hardly ever decided"


def exercised(network: Network, golden: GoldenData, *, seed: int = 0) -> GoldenData:
    """``golden`` with bred samples that reach farther, and a task that keeps outputs as values.

    Each input of a bred sample has the value that it has in some golden sample, drawn for each
    input alone. An input that never varies on ``golden`` gets a value of another input, if its own
    value is in the range of the others. So all values are in the range and on the grid of golden
    inputs. Bred samples are marked as held out, since they do not tell how often anything occurs.
    If values must not be mixed (:func:`may_be_bred`), only the task changes.
    """
    kinds = golden.task.kinds
    if Kind.REGRESSION not in kinds:
        kinds = (*kinds, Kind.REGRESSION)
    task = replace(golden.task, kinds=kinds)
    if not may_be_bred(network):
        return replace(golden, task=task)
    random = np.random.default_rng(seed)
    x = random.choice(golden.x, size=_SAMPLES, axis=0)
    x = random.permuted(x, axis=0)
    still = np.ptp(golden.x, axis=0) == 0
    others = golden.x[:, ~still].ravel()
    if len(others):
        # Such as a pixel that is always dark, but not a constant of another scale.
        still &= (golden.x[0] >= others.min()) & (golden.x[0] <= others.max())
        x[:, still] = random.choice(others, size=(_SAMPLES, still.sum()))
    y = network.forward(x)
    more = {"x": x, "y": y, "held_out": np.ones(_SAMPLES, dtype=bool)}
    if golden.labels is not None:
        more["labels"] = golden.task.decisions(y)
    if golden.targets is not None:
        more["targets"] = y
    joined = {name: np.concatenate([getattr(golden, name), extra]) for name, extra in more.items()}
    return replace(golden, task=task, **joined)
