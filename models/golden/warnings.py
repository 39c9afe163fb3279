"""Warnings about golden data that fits the network but looks wrong."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from build_decoder.models.errors import InputError
from build_decoder.models.golden.parts import parts_warnings
from build_decoder.models.network import Network
from build_decoder.models.spread import varies
from build_decoder.models.task import Kind

if TYPE_CHECKING:
    from build_decoder.models.golden import GoldenData

__all__ = ["golden_warnings"]

_OUTLIER = 100.0
"""How many times greater than in all other samples an input is that looks like a mistake."""

_TIMES = (1.0, 10.0, 1e3)
"""How many times larger than golden data inputs are that a network is tried on."""

_TRIED = 512
"""Most inputs of one kind that it is tried on."""

_RENAMED = 0.8
"""Part of the labels that a renaming of classes explains, from which on it is told."""

_ONE_LABEL = 0.5
"""Part of the decisions that labels of one class alone agree with, below which it is told."""

_NAMED = 5
"""Most classes or outputs that a warning names."""


def golden_warnings(
    network: Network, golden: "GoldenData", *, source: Path
) -> Iterator[str]:
    """Warnings, one line each, about ``golden``, whose outputs are those of ``network``.

    Raises
    ------
    InputError
        The network is constant: there is nothing to build.
    """
    constant = ~varies(golden.y)
    if constant.all() and _is_constant(network, golden.x):
        raise InputError.at(
            source,
            "y",
            expected="outputs that depend on the inputs",
            got=f"those of a constant network: {network.name} always gives {_listed(golden.y[0])}",
        )
    if len(golden) == 1:
        yield "golden data has one sample: nothing can be said of others"
    elif constant.any():
        # As quant.quality.output_scales has it.
        unit = "the greatest output" if constant.all() else "the standard deviation of the others"
        many = int(np.count_nonzero(constant)) > 1
        it, vary = ("them", "they vary") if many else ("it", "it varies")
        errors = f", and errors of {it} are in {unit}" if golden.task.keeps_values else ""
        yield (
            f"output{'s' * many} {_listed(np.flatnonzero(constant))} {'are' if many else 'is'} "
            f"constant on golden data: nothing is known of how {vary}{errors}"
        )
    if len(golden.task.kinds) > 1:
        yield (
            f"the task is not said, {golden.task.source}: the decoder is judged by both, "
            f"{' and '.join(golden.task.kinds)}; --task says which it is, and formats searched for "
            "it alone may be narrower"
        )
    if golden.task.guessed:
        yield (
            f"the task is not said: {golden.task.source}, taken for {golden.task.kind}; --task "
            "says otherwise"
        )
    yield from _outlier(golden)
    if golden.labels is not None:
        yield from _labels(golden)
    yield from parts_warnings(golden)


def _is_constant(network: Network, x: np.ndarray) -> bool:
    """Whether nothing changes an output: golden data, larger inputs, or any single input.

    A ReLU that golden data never makes fire may fire on larger inputs: this is no constant.
    """
    with np.errstate(all="ignore"):  # what overflows is not constant
        for tried in _larger(x):
            y = network.forward(np.vstack([x[:1], tried]))
            if not np.isfinite(y).all() or varies(y).any():
                return False
    return True


def _larger(x: np.ndarray) -> Iterator[np.ndarray]:
    random = np.random.default_rng(0)
    some = random.permutation(x)[:_TRIED]
    mixed = random.permuted(np.vstack([some, -some, 0 * some]), axis=0)
    reach = np.abs(x).max() or 1.0
    inputs = random.permutation(x.shape[1])[:_TRIED]
    single = np.zeros((len(inputs), x.shape[1]))
    single[np.arange(len(inputs)), inputs] = 1.0
    for times in _TIMES:
        yield times * mixed
        yield times * reach * random.normal(size=(_TRIED, x.shape[1]))
        yield times * reach * np.vstack([single, -single])


def _outlier(golden: "GoldenData") -> Iterator[str]:
    x = golden.x
    greatest = np.abs(x).max(axis=1)
    if len(x) < 2:
        return
    sample = int(np.argmax(greatest))
    others = np.delete(greatest, sample).max()
    if greatest[sample] > _OUTLIER * others > 0:
        index = int(np.argmax(np.abs(x[sample])))
        # In floating point it takes wider sums, in fixed point wider or coarser formats.
        then = "A decoder that holds it is larger, or coarse for all others"
        if golden.held_out[sample]:
            then = "It is held out: the decoder is not made to hold it"
        yield (
            f"sample {sample} of golden data has {x[sample, index]:g} for input {index}, "
            f"{greatest[sample] / others:,.0f} times what any other sample has: is that a mistake? "
            f"{then}"
        )


def _labels(golden: "GoldenData") -> Iterator[str]:
    decided = golden.task.decisions(golden.y)
    for column, (own, true) in enumerate(zip(decided.T, golden.labels.T, strict=True)):
        values, counts = np.unique(true, return_counts=True)
        right, most = np.mean(own == true), counts.max() / len(true)
        name = f"label {golden.told(column)}" if golden.task.kind is Kind.LABELS else "labels"
        if right > most or (len(values) == 1 and right >= _ONE_LABEL):
            continue
        text = (
            f"{name} of golden data agree with {right:.1%} of the network's decisions; always "
            f"saying {_said(golden, int(values[np.argmax(counts)]))} would agree with {most:.1%}"
        )
        if (renamed := _renamed(golden, own, true)) is not None:
            text += f": are they numbered otherwise ({renamed})?"
        yield text


def _said(golden: "GoldenData", answer: int) -> str:
    return f"{answer}" if golden.task.kind is Kind.LABELS else golden.told(answer)


def _renamed(golden: "GoldenData", own: np.ndarray, true: np.ndarray) -> str | None:
    """Which label each decision goes with, if a renaming explains most labels."""
    table = np.zeros((own.max() + 1, true.max() + 1), dtype=np.int64)
    np.add.at(table, (own, true), 1)
    best = table.argmax(axis=1)
    seen = table.any(axis=1)
    if len(set(best[seen])) < seen.sum() or table.max(axis=1).sum() < _RENAMED * len(own):
        return None
    return ", ".join(
        f"class {_said(golden, k)} is label {_said(golden, best[k])}"
        for k in np.flatnonzero(seen)[:_NAMED]
    )


def _listed(values: np.ndarray) -> str:
    text = ", ".join(f"{value:g}" for value in values[:_NAMED])
    return text + (f" and {len(values) - _NAMED} more" if len(values) > _NAMED else "")
