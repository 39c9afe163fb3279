"""The import stage: from what the user has to ``network/``, ``golden.npz`` and ``golden.json``."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from itertools import combinations

import numpy as np

from build_decoder.actions import golden_of
from build_decoder.boards.board import Board
from build_decoder.boards.feasibility import check_network
from build_decoder.boards.shells.kind import ShellKind
from build_decoder.build_folder import BuildFolder
from build_decoder.golden_record import save_golden_record
from build_decoder.hdl import layers as hardware_layers
from build_decoder.hdl.planning.input_order import order_of
from build_decoder.models.carried import plain
from build_decoder.models.class_names import check_same_classes
from build_decoder.models.errors import InputError
from build_decoder.models.files.load import load_network, save_network
from build_decoder.models.golden import GoldenData
from build_decoder.models.layers import type_of
from build_decoder.models.layers.conv2d import Conv2d
from build_decoder.models.layers.decision import Decision
from build_decoder.models.layers.dense import Dense
from build_decoder.models.network import Network
from build_decoder.models.recurrent import RecurrentLayer
from build_decoder.models.rewrites import Rewritten, rewrite
from build_decoder.models.task import Kind
from build_decoder.options import HardwareOptions, SearchOptions, SourceOptions
from build_decoder.quant.answer import DECISION, PROBABILITIES, SCORES, check_answer
from build_decoder.quant.same_shape import check_same_constants, check_same_shape
from build_decoder.stages.result import StageResult

__all__ = ["import_network", "understood"]


def import_network(
    build: BuildFolder,
    options: SourceOptions,
    *,
    board: Board | None = None,
    shell: ShellKind | None = None,
    hardware: HardwareOptions | None = None,
    answer: str = SCORES,
    search: SearchOptions | None = None,
) -> StageResult:
    """Read and check network and golden data, and write them as they were understood.

    Parameters
    ----------
    board
        Board that must be able to take the network, whatever its formats; None for no check.
    shell
        What is around the decoder there; given with a board.
    hardware
        What hardware is asked for, which not every type of layer has; None for none.
    answer
        What the decoder gives, one of :data:`quant.answer.ANSWERS`.
    search
        How formats are looked for, or that it is made in floating point; None for the default.

    Raises
    ------
    InputError
        If one of them is at fault, an option is of another task, the board is too small, or there
        is no hardware for a layer.
    """
    search = search or SearchOptions()
    floating = search.arithmetic is not None
    rewritten, golden = understood(options, answer, floating=floating)
    network = rewritten.network
    search.check_task(golden.task)
    check_answer(answer, golden.task, network)
    if hardware is not None:
        _check_hardware(network, hardware)
    if board is not None:
        check_network(board, network, shell.check_frame)
    others = [
        _another(network, golden, other, answer, floating) for other in options.others(golden.task)
    ]
    _check_different([(network, golden), *others], (options.network, *options.also))
    if hardware is not None and hardware.reloadable:
        for other, _ in others:
            check_same_constants(network, other)
    save_network(network, build.network)
    build.save_also(others)
    save_golden_record(golden, build.path)
    task = golden.task
    return StageResult(
        figures={
            "network": network.name,
            "topology": network.topology,
            "task": task.kind,
            "task_source": task.source,
            "tasks_kept": list(task.kinds),
            "thresholds": list(task.thresholds) or None,
            "golden_notes": list(golden.notes),
            "rewrites": [asdict(each) for each in rewritten.applied],
        },
        warnings=(
            *golden.warnings,
            *(
                f"--also {other.name}: {warning}"
                for other, its_golden in others for warning in its_golden.warnings
            ),
        ),
    )


def understood(
    options: SourceOptions, answer: str = SCORES, *, floating: bool = False
) -> tuple[Rewritten, GoldenData]:
    """A network as it is built to give ``answer``, in fixed or floating point, and golden data of
    it.

    Raises
    ------
    InputError
        If one of them is at fault.
    """
    given = load_network(options.network)
    golden = golden_of(given, options)
    # Whoever needs more than the class needs the probabilities themselves.
    if answer == PROBABILITIES and Kind.REGRESSION not in golden.task.kinds:
        kept = (*golden.task.kinds, Kind.REGRESSION)
        golden = replace(golden, task=replace(golden.task, kinds=kept))
    classes = golden.task.kinds == (Kind.CLASSES,)
    # In floating point there are no sums of an attention without its division.
    decision = classes and answer == DECISION and not floating
    rewritten = rewrite(given, probabilities=not classes, decision=decision)
    return rewritten, rewritten.golden_of(golden)


def _another(
    network: Network, golden: GoldenData, options: SourceOptions, answer: str, floating: bool
) -> tuple[Network, GoldenData]:
    """A network of ``--also``, which must be as the first one but for its weights."""
    rewritten, its_golden = understood(options, answer, floating=floating)
    try:
        check_same_shape(network, rewritten.network)
        check_same_classes(golden.class_names, its_golden.class_names, "golden data")
    except InputError as error:
        raise InputError(f"--also: {options.network}: {error}") from None
    # With all that is kept of the first one.
    return rewritten.network, replace(its_golden, task=golden.task)


def _check_different(cases: Sequence[tuple[Network, GoldenData]], given: Sequence[str]) -> None:
    """Check that networks of the same layers differ by their weights, or at least by their golden
    data, whatever paths they were ``given`` by: the first one, and those of ``--also``.

    Raises
    ------
    InputError
        If two do not: formats would be searched for one of them as if there were two.
    """
    for (first, (ours, our_golden)), (second, (theirs, its_golden)) in combinations(
        enumerate(cases), 2
    ):
        weights = zip(ours.nodes, theirs.nodes, strict=True)
        if np.array_equal(our_golden.x, its_golden.x) and all(
            np.array_equal(node.weights[name], other.weights[name])
            for node, other in weights for name in node.weights
        ):
            which = f"the weights and golden data of {given[first]}"
            raise InputError.at(
                "--also", given[second],
                expected=f"a network of other weights or other golden data than "
                f"{'the network that is built' if first == 0 else 'those before it'}",
                got=which,
            )


def _check_hardware(network: Network, options: HardwareOptions) -> None:
    """Check that there is hardware of all of the network, before any search."""
    for node in network.nodes:
        kind, kinds = type_of(node.layer).name, hardware_layers.names()
        if kind not in kinds:
            raise InputError.at(
                network.name, f"layer {node.name!r}",
                expected=f"a type that can be built so far, which are {', '.join(kinds)} "
                "(--stop-after quantise gives the integer model of any network)",
                got=kind,
            )
    if options.reloadable:
        _check_writable(network)
    try:
        order_of(network)
    except ValueError as error:
        raise InputError(f"{network.name}: {error}") from None
    kinds = Dense | Conv2d | RecurrentLayer
    folded = [node for node in network.nodes if isinstance(plain(node.layer), kinds)]
    options.check_foldings(network.name, len(folded))
    options.check_datapaths(network.name, len(folded))
    if options.heaped:
        _check_chain(network)


def _check_chain(network: Network) -> None:
    """Check that bit heaps can be made of it: of convolutions, or of dense layers in a row and a
    decision."""
    nodes = network.nodes
    if any(isinstance(plain(node.layer), Conv2d) for node in nodes):
        return
    if isinstance(plain(nodes[-1].layer), Decision):
        nodes = nodes[:-1]
    others = [node for node in nodes if not isinstance(plain(node.layer), Dense)]
    if others:
        raise InputError.at(
            network.name, f"layer {others[0].name!r}",
            expected="a dense layer, as all are for --datapath heap, or a convolution somewhere",
            got=type_of(others[0].layer).name,
        )


def _check_writable(network: Network) -> None:
    """Check that all weights that are trained can be written at run time."""
    written = [name for name in hardware_layers.names() if hardware_layers.get(name).writable]
    trained = [node for node in network.nodes if node.weights and node.layer.trained]
    if not trained:
        raise InputError.at(
            network.name, "", expected="a layer whose weights are trained, since these are what "
            "--reloadable is for", got="none",
        )
    for node in trained:
        kind = type_of(node.layer).name
        if kind not in written:
            raise InputError.at(
                network.name, f"layer {node.name!r}",
                expected="a type whose weights can be written at run time, which are "
                f"{', '.join(written)} (leave out --reloadable: weights are constants then, and "
                "those of another day need a build of their own)",
                got=kind,
            )
