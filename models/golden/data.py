"""Golden data: inputs, the trained model's own outputs, and the truth."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from build_decoder.models.errors import InputError
from build_decoder.models.files.golden_file import GOLDEN_FILE, GoldenFile, read_golden_file
from build_decoder.models.golden.alphabet import alphabet_note
from build_decoder.models.golden.check import SOFTMAX_NOTE, checked_outputs
from build_decoder.models.golden.warnings import golden_warnings
from build_decoder.models.network import Network
from build_decoder.models.task import Kind, Task
from build_decoder.models.task_inference import default_thresholds, infer_task, stated_task

__all__ = ["GOLDEN_FILE", "GoldenData", "load_golden"]

_HELD_OUT_FRACTION = 0.25
_LEAST_SAMPLES_TO_HOLD_OUT = 40
_LEAST_SEQUENCES_TO_HOLD_OUT = 4


@dataclass(frozen=True)
class GoldenData:
    """Samples that a decoder is measured on.

    Parameters
    ----------
    x:
        Inputs, float64, (samples, inputs).
    y:
        The network's own outputs on `x`, float64, (samples, outputs).
    labels:
        True decisions, int64, (samples, decisions), as `Task.decisions` gives them; None where they
        are not known.
    held_out:
        bool, (samples,): samples that no search of formats may look at.
    task:
        What the outputs are for.
    targets:
        True values of a regression, float64, (samples, outputs); None where they are not known.
    notes:
        How the file was understood, one line each, for the user to see.
    warnings:
        Warnings about it for the user, one line each.
    steps:
        Samples of a sequence, of a continuous network: samples follow in time, and each sequence
        begins with zero states. None of another network, whose samples have no order.
    class_names:
        Name of each output's class, or of no and yes; empty where nobody gave them names.
    """

    x: np.ndarray
    y: np.ndarray
    labels: np.ndarray | None
    held_out: np.ndarray
    task: Task
    targets: np.ndarray | None = None
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    steps: int | None = None
    class_names: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.x)

    @property
    def search(self) -> "GoldenData":
        """The samples that a search may look at."""
        return self.select(~self.held_out)

    @property
    def unseen(self) -> "GoldenData":
        """The samples that are held out from the search."""
        return self.select(self.held_out)

    def told(self, number: int) -> str:
        """Class ``number``, or of labels output ``number``, by its name too if it has one."""
        if not self.class_names:
            return f"{number}"
        if self.task.kind is Kind.LABELS and len(self.class_names) != self.y.shape[1]:
            return f"{number}"  # names of no and yes
        return f"{number} ({self.class_names[number]})"

    def select(self, which: np.ndarray) -> "GoldenData":
        """The samples that `which`, a mask or indices, picks.

        Raises
        ------
        ValueError
            If they are parts of sequences.
        """
        if self.steps is not None:
            rows = np.arange(len(self))[which].reshape(-1, self.steps)
            whole = rows[:, :1] // self.steps * self.steps + np.arange(self.steps)
            if (rows != whole).any():
                raise ValueError("expected whole sequences, got parts of some")
        picked = {name: getattr(self, name)[which] for name in ("x", "y", "held_out")}
        for name in ("labels", "targets"):
            if (array := getattr(self, name)) is not None:
                picked[name] = array[which]
        return replace(self, **picked)


def load_golden(
    source: str | Path,
    network: Network,
    *,
    seed: int = 0,
    task: str | None = None,
    thresholds: Sequence[float] = (),
) -> GoldenData:
    """The golden data that `source` names, checked against `network`.

    Parameters
    ----------
    source:
        An ``.npz`` file with the arrays ``x`` (samples, inputs), ``y`` (samples, outputs) and
        optionally ``labels`` ((samples,), whole numbers or names, or (samples, outputs) of 0 and
        1), ``class_names`` (outputs,), ``targets`` (samples, outputs: the true values of a
        regression), ``held_out`` (samples,), ``task`` (a name of
        `Kind`), ``threshold`` (one, or one an output) and, of a continuous network, ``steps``
        (samples of a sequence); a pair of files ``x.csv,y.csv``; a folder with ``golden.npz``, or
        else with ``x.csv`` and ``y.csv``; or the name of a zoo network.
    seed:
        Picks the held-out quarter where there is no ``held_out`` and there are 40 samples or more,
        or 4 sequences of a continuous network. With fewer, nothing is held out.
    task, thresholds:
        The task, if the user says it. Otherwise the file's own task counts, then the task in the
        network's files; without any of them the task is inferred.

    Raises
    ------
    InputError
        There is nothing there, it does not fit the network, or `y` is not what the network gives.
    """
    file = read_golden_file(source, network)
    network = network.in_sequences(file.steps)
    y, notes = checked_outputs(network, file.x, file.y, source=file.path)
    softmax = SOFTMAX_NOTE in notes
    found = _task(file, network, y, softmax, task, thresholds)
    if softmax and found.kind is not Kind.CLASSES:
        what = "a regression" if found.kind is Kind.REGRESSION else found.kind
        raise file.error("y", f"the outputs themselves for {what}", "their softmax")
    if network.continuous and found.kind is not Kind.REGRESSION:
        raise file.error(
            "task", "a regression, of a continuous network: --task regression", found.kind
        )
    labels = targets = None
    if found.kind is Kind.REGRESSION:
        if file.class_names:
            raise file.error("class_names", "none for a regression", ", ".join(file.class_names))
        targets = _targets(file)
    else:
        labels = _labels(file, found)
    if file.by_alphabet:
        notes = (*notes, alphabet_note(file, found.decisions(y), labels))
    golden = GoldenData(
        file.x, y, labels, _held_out(file, seed), found, targets, notes, steps=file.steps,
        class_names=file.class_names,
    )
    warnings = golden_warnings(network, golden, source=file.path)
    return replace(golden, warnings=tuple(warnings))


def _task(
    file: GoldenFile,
    network: Network,
    y: np.ndarray,
    softmax: bool,
    task: str | None,
    thresholds: Sequence[float],
) -> Task:
    """The task by the user, else by the file, else by the network, else inferred."""
    decided = Kind.BINARY if network.output_count == 1 else Kind.LABELS
    own = network.task
    in_file = file.task or (own.kind if own else decided)
    if not (task or file.task or own):
        _check_thresholds(file, network, softmax, thresholds)
    if task or thresholds:
        kind = task or in_file
        source = "--task" if task else "--threshold"
        known = thresholds or _known_thresholds(file, network, kind, in_file)
        return stated_task(kind, known, network, source=source)
    if file.task or file.thresholds:
        if own and own.kind != in_file:
            raise file.error("task", f"{own.kind}, as network {network.name} says", in_file)
        known = _known_thresholds(file, network, in_file, in_file)
        stated = stated_task(in_file, known, network, source=file.path)
        return replace(stated, source=file.path.name)
    if own:
        return own
    try:
        return _shown_task(file, network, softmax) or infer_task(network, y, file.labels)
    except InputError as error:
        raise InputError(f"{file.path}: {error}") from None


def _check_thresholds(
    file: GoldenFile, network: Network, softmax: bool, thresholds: Sequence[float]
) -> None:
    """Check that thresholds, which say the task where nothing else does, do not contradict what
    golden data has: otherwise its labels would be blamed."""
    if not thresholds and not file.thresholds:
        return
    expected = "the task binary or labels, whose outputs say yes from a threshold on"
    try:
        found = _shown_task(file, network, softmax)
    except InputError:
        return  # such as labels that need a threshold
    if found is None or found.kind in (Kind.BINARY, Kind.LABELS):
        return
    got = f"{found.kind}, as {found.source}"
    if thresholds:
        raise InputError.at(
            "--threshold", "", expected=expected, got=f"{got} (--task says otherwise)"
        )
    raise file.error("threshold", expected, f"{got} (a task in the file says otherwise)")


def _shown_task(file: GoldenFile, network: Network, softmax: bool) -> Task | None:
    """The task that golden data shows by its arrays; None where only the outputs' values tell."""
    if file.targets is not None:
        return Task((Kind.REGRESSION,), source="golden data has targets")
    if softmax:
        return Task((Kind.CLASSES,), source="golden data has the softmax of the outputs")
    if file.labels is None and network.output_activation != "softmax":
        return None
    return infer_task(network, file.y, file.labels)


def _known_thresholds(
    file: GoldenFile, network: Network, kind: str, in_file: str
) -> tuple[float, ...]:
    """Thresholds that golden data or the network says for ``kind``; none where neither does."""
    given = file.thresholds if in_file == kind else ()
    own = network.task.thresholds if network.task and network.task.kind == kind else ()
    if not given or not own:
        return given or own
    outputs = network.output_count
    same = (given * outputs if len(given) == 1 else given) == own
    # A network that says a task and no threshold has that of its activation, which gives way.
    if same or own == default_thresholds(network):
        return given
    raise file.error(
        "threshold",
        f"{_listed(own)}, as network {network.name} says, or --threshold",
        _listed(given),
    )


def _listed(thresholds: tuple[float, ...]) -> str:
    return ", ".join(f"{value:g}" for value in dict.fromkeys(thresholds))


def _targets(file: GoldenFile) -> np.ndarray | None:
    """True values (samples, outputs); golden data may call them labels too."""
    if file.labels is not None and file.targets is not None:
        raise file.error("labels", "targets alone for a regression", "labels beside them")
    name = "labels" if file.targets is None else "targets"
    true = getattr(file, name)
    if true is not None and true.size != file.y.size:
        raise file.error(
            name, f"a true value for each output, shape {file.y.shape}", f"shape {true.shape}"
        )
    return None if true is None else true.reshape(file.y.shape)


def _labels(file: GoldenFile, task: Task) -> np.ndarray | None:
    """Labels as decisions (samples, decisions)."""
    labels, y = file.labels, file.y
    if file.targets is not None:
        raise file.error("targets", f"labels for the task {task.kind}", "targets")
    if labels is None:
        return None
    if task.kind is not Kind.CLASSES:
        if labels.size != y.size:
            raise file.error(
                "labels", f"0 or 1 for each output, as the task {task.kind} has, shape {y.shape}",
                f"shape {labels.shape}",
            )
        return _whole(file, "labels", labels, 1).reshape(y.shape)
    if labels.ndim == 1:
        return _whole(file, "labels", labels, y.shape[1] - 1)[:, None]
    total = _whole(file, "labels", labels, 1).sum(axis=1)
    if not np.all(total == 1):
        sample = int(np.argmax(total != 1))
        raise file.error("labels", "one class a sample", f"{total[sample]} at sample {sample}")
    return np.argmax(labels, axis=1)[:, None]


def _held_out(file: GoldenFile, seed: int) -> np.ndarray:
    samples = len(file.x)
    if file.held_out is not None:
        held_out = _whole(file, "held_out", file.held_out, 1).astype(bool)
        if held_out.all():
            raise file.error("held_out", "samples that are not held out", "none")
        sequences = held_out.reshape(-1, file.steps or 1)
        if (sequences != sequences[:, :1]).any():
            raise file.error("held_out", "whole sequences", "parts of some")
        return held_out
    if file.steps is not None:
        return np.repeat(_sequences_held_out(samples // file.steps, seed), file.steps)
    held_out = np.zeros(samples, dtype=bool)
    if samples >= _LEAST_SAMPLES_TO_HOLD_OUT:
        count = round(samples * _HELD_OUT_FRACTION)
        held_out[np.random.default_rng(seed).permutation(samples)[:count]] = True
    return held_out


def _sequences_held_out(count: int, seed: int) -> np.ndarray:
    held_out = np.zeros(count, dtype=bool)
    if count >= _LEAST_SEQUENCES_TO_HOLD_OUT:
        picked = np.random.default_rng(seed).permutation(count)
        held_out[picked[: round(count * _HELD_OUT_FRACTION)]] = True
    return held_out


def _whole(file: GoldenFile, key: str, values: np.ndarray, limit: int) -> np.ndarray:
    """``values`` as int64, which must be whole and from 0 to ``limit``."""
    wrong = (values != np.floor(values)) | (values < 0) | (values > limit)
    if not wrong.any():
        return values.astype(np.int64)
    index = tuple(np.argwhere(wrong)[0])
    got = f"{values[index]:g} at sample {index[0]}"
    if values.min() == 1 and values.max() == limit + 1 and np.all(values == np.floor(values)):
        got += " (these count from 1)"
    raise file.error(key, f"whole numbers from 0 to {limit}", got)
