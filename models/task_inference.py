"""Finds a decoder's task: as the user says it, or inferred from golden data.

Nothing is guessed in silence: a `Task` tells its source, and has all tasks that fit if there are
several.
"""

from collections.abc import Sequence

import numpy as np

from build_decoder.models import activations
from build_decoder.models.errors import InputError
from build_decoder.models.network import Network
from build_decoder.models.task import Kind, Task

__all__ = ["default_thresholds", "infer_task", "stated_task"]

_BETWEEN = {"sigmoid": (0.0, 1.0), "softmax": (0.0, 1.0), "tanh": (-1.0, 1.0)}
"""Bounds of an activation's outputs."""

_ONE_HOT = 0.9
"""Sigmoids are taken for classes that exclude each other if in at least this fraction of samples
exactly one of them says yes."""

_SURELY_ONE_HOT = 0.99
"""Fraction from which on that is no guess."""


def stated_task(
    kind: str, thresholds: Sequence[float], network: Network, *, source: object
) -> Task:
    """The task ``kind``, which the user or a file, named by ``source``, says.

    Parameters
    ----------
    thresholds
        None, one for all outputs, or one for each. Without any, the activation's threshold counts.

    Raises
    ------
    InputError
        If it does not fit the network's outputs.
    """
    outputs = network.output_count

    def error(expected: str, got: str) -> InputError:
        return InputError.at(source, "task", expected=expected, got=got)

    if kind not in list(Kind):
        raise error(f"one of {', '.join(Kind)}", repr(kind)[:60])
    if kind == Kind.CLASSES and outputs < 2:
        raise error("at least two outputs for classes", f"one output of {network.name}")
    if kind == Kind.BINARY and outputs != 1:
        raise error("one output for binary", f"{outputs} outputs of {network.name}")
    decided = kind in (Kind.BINARY, Kind.LABELS)
    if thresholds and not decided:
        raise error("thresholds with binary or labels only", f"{len(thresholds)} with {kind}")
    if not decided:
        return Task((Kind(kind),), source=str(source))
    if len(thresholds) not in (0, 1, outputs):
        raise error(f"one threshold, or one for each of {outputs} outputs", str(len(thresholds)))
    if not thresholds:
        threshold = _threshold(network)
        if threshold is None:
            raise error(
                f"a threshold, since {network.output_activation} has none of its own", "none"
            )
        thresholds = (threshold,)
    thresholds = tuple(float(t) for t in thresholds) * (outputs if len(thresholds) == 1 else 1)
    name = network.output_activation
    low, high = _BETWEEN.get(name, (-np.inf, np.inf))
    outside = [threshold for threshold in thresholds if not low < threshold < high]
    if outside:
        raise error(f"thresholds between {low} and {high}, as {name} gives", f"{outside[0]:g}")
    return Task((Kind(kind),), thresholds, str(source))


def infer_task(network: Network, y: np.ndarray, labels: np.ndarray | None) -> Task:
    """The task inferred from ``network`` and its golden data.

    Parameters
    ----------
    y
        The network's outputs (samples, outputs).
    labels
        The array ``labels`` of golden data, (samples,) or (samples, outputs); None without one.

    Raises
    ------
    InputError
        If labels tell decisions apart by a threshold that nobody gave.
    """
    if labels is None:
        return _from_outputs(network, y)
    whole = np.array_equal(labels, np.floor(labels)) and labels.min() >= 0
    if not (whole and labels.max() <= 1) and (labels.ndim == 2 or network.output_count == 1):
        _check_values(network, labels)
    if labels.ndim == 2:
        if not whole or labels.max() > 1:
            return Task((Kind.REGRESSION,), source="golden data has true values for labels")
        if np.all(labels.sum(axis=1) == 1) and labels.shape[1] > 1:
            return Task((Kind.CLASSES,), source="golden data has one-hot labels")
        return stated_task(Kind.LABELS, (), network, source="golden data has labels an output")
    if network.output_count > 1:
        return Task((Kind.CLASSES,), source="golden data has one label a sample")
    if whole and labels.max() <= 1:
        return stated_task(Kind.BINARY, (), network, source="golden data has labels 0 and 1")
    return Task((Kind.REGRESSION,), source="golden data has true values for labels")


def _check_values(network: Network, labels: np.ndarray) -> None:
    """Raise unless labels that are not 0 and 1 may be true values of a regression."""
    found = np.unique(labels)
    if network.output_activation == "sigmoid" or len(found) <= 2:
        shown = ", ".join(f"{value:g}" for value in found[:4])
        raise InputError.at(
            "golden data",
            "labels",
            expected="0 and 1, or true values of a regression as targets",
            got=shown + (" and others" if len(found) > 4 else ""),
        )


def _from_outputs(network: Network, y: np.ndarray) -> Task:
    name, count = network.output_activation, network.output_count
    threshold = _threshold(network)
    if name == "softmax":
        return Task((Kind.CLASSES,), source="it ends in softmax")
    if name == "sigmoid":
        if count == 1:
            return Task((Kind.BINARY,), (threshold,), "it has one sigmoid")
        one_hot = float(np.mean(np.sum(y >= threshold, axis=1) == 1))
        text = f"exactly one of {count} sigmoids says yes in {one_hot:.0%} of golden data"
        if one_hot >= _ONE_HOT:
            return Task((Kind.CLASSES,), source=text, guessed=one_hot < _SURELY_ONE_HOT)
        return Task((Kind.LABELS,), (threshold,) * count, text, guessed=True)
    text = f"{count} {name} output{'s'[: count > 1]} and golden data without labels fit both"
    if count > 1:
        return Task((Kind.REGRESSION, Kind.CLASSES), source=text)
    if threshold is None:
        return Task((Kind.REGRESSION,), source=f"it has one {name} output")
    return Task((Kind.REGRESSION, Kind.BINARY), (threshold,), text)


def default_thresholds(network: Network) -> tuple[float, ...]:
    """The threshold of each output's activation; empty if the activation has none."""
    threshold = _threshold(network)
    return () if threshold is None else (float(threshold),) * network.output_count


def _threshold(network: Network) -> float | None:
    name = network.output_activation
    return activations.get(name).threshold if activations.is_known(name) else None
