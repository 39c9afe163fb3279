"""The import stage: from what the user has to ``network/``, ``golden.npz`` and ``golden.json``."""

from dataclasses import asdict

from build_decoder.actions import golden_of
from build_decoder.boards.board import Board
from build_decoder.boards.feasibility import check_network
from build_decoder.build_folder import BuildFolder
from build_decoder.golden_record import save_golden_record
from build_decoder.models.errors import InputError
from build_decoder.models.files.load import load_network, save_network
from build_decoder.models.rewrites import rewrite
from build_decoder.models.task import Kind
from build_decoder.options import SourceOptions
from build_decoder.stages.result import StageResult

__all__ = ["import_network"]


def import_network(
    build: BuildFolder,
    options: SourceOptions,
    *,
    board: Board | None = None,
    hardware: bool = False,
) -> StageResult:
    """Read and check network and golden data, and write them as they were understood.

    Parameters
    ----------
    board
        Board that must be able to take the network, whatever its formats; None for no check.
    hardware
        Whether hardware is asked for, which not every type of layer has.

    Raises
    ------
    InputError
        If one of them is at fault, the board is too small, or there is no hardware for a layer.
    """
    given = load_network(options.network)
    golden = golden_of(given, options)
    # Whoever needs more than the class needs the probabilities themselves.
    classes = golden.task.kinds == (Kind.CLASSES,)
    rewritten = rewrite(given, probabilities=not classes)
    network, golden = rewritten.network, rewritten.golden_of(golden)
    if hardware and not network.is_dense_chain:
        raise InputError.at(
            network.name, "",
            expected="a chain of dense layers, which alone can be built so far (--stop-after "
            "quantise gives the integer model of any network)",
            got=f"{network.topology} of other layers or with branches",
        )
    if board is not None:
        check_network(board, network)
    save_network(network, build.network)
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
        warnings=golden.warnings,
    )
