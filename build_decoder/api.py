"""The Python API: a decoder built, or a finished build opened.

    from build_decoder import build, load

    made = build("tiny", output="build/tiny", stop_after="rtl")
    y = load("build/tiny").predict(x)

It does what the command does, by the command's own code: options have the names that they have
there, and the folder of a build is all that passes from one call to another.
"""

import os
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from build_decoder.arguments import DEFAULT_BOARD, parse
from build_decoder.exit_status import ExitStatus
from build_decoder.finished_build import FinishedBuild
from build_decoder.flow import run_flow
from build_decoder.models.errors import InputError, shown
from build_decoder.models.files.load import save_network
from build_decoder.models.network import Network
from build_decoder.output_folder import OutputFolder

__all__ = ["BuildStopped", "build", "load"]


class BuildStopped(Exception):
    """A build that ended before all that was asked for is made.

    Attributes
    ----------
    status : ExitStatus
        The command's exit status: 3 a tool is missing or failed, 4 a bit-true check failed, 5 the
        clock is not met.
    build : FinishedBuild
        All that was made up to there.
    """

    def __init__(self, message: str, status: ExitStatus, build: FinishedBuild):
        super().__init__(message)
        self.status, self.build = status, build


def build(network, golden=None, *, board: str = DEFAULT_BOARD, **options) -> FinishedBuild:
    """Build a decoder, as ``python -m build_decoder`` does, and open what was made.

    Parameters
    ----------
    network
        Name of a shipped network, path of a folder or file, or a `models.Network`.
    golden
        Path of golden data, or its arrays by name: ``{"x": x, "y": y, "labels": labels}``. None:
        the golden data beside the network.
    board
        Name of a board, or a Python file that defines one.
    options
        The command's options by their names, with ``_`` for ``-``: ``output``, ``stop_after``,
        ``latency=500``, ``reloadable=True``, ``inputs_per_cycle=[4, 2]``. ``output`` is where the
        build goes; an earlier build there is replaced.

    Raises
    ------
    InputError
        If network, golden data or an option is at fault. Nothing is left behind then.
    BuildStopped
        If a tool is missing or fails, a check fails or the clock is not met.
    """
    with tempfile.TemporaryDirectory() as scratch:
        # The user knows neither path: messages have the arguments' names in their place.
        ours = {Path(scratch) / "network": "network", Path(scratch) / "golden.npz": "golden"}
        network_path, golden_path = ours
        given = ["--network", _network_path(network, golden, network_path)]
        if golden is not None:
            given += ["--golden", _golden_path(golden, golden_path)]
        arguments = parse([*given, "--board", os.fspath(board), *_as_arguments(options)])
        if arguments.list_boards or arguments.pareto:
            raise InputError("build: expected options of a build, got list_boards or pareto, which "
                             "make none")
        if isinstance(network, Network) and options.get("output") is None:
            folder = f"{arguments.board.name}-{network.name}"
            arguments = replace(arguments, output=Path("build") / folder)
        output = OutputFolder(arguments.output)
        try:
            with output as folder:
                ended = run_flow(arguments, folder, lambda stage: None)
        except InputError as error:
            message = output.with_final_paths(str(error))
            for path, name in ours.items():
                message = message.replace(str(path), name)
            raise InputError(message) from None
    made = FinishedBuild(arguments.output)
    if ended.last.status is not ExitStatus.DONE:
        message = output.with_final_paths(f"{ended.last.reason}: {ended.last.message}")
        raise BuildStopped(message, ended.last.status, made)
    return made


def load(folder) -> FinishedBuild:
    """Open the folder of a build, however far it came.

    Parameters
    ----------
    folder
        The ``output`` of a build.

    Raises
    ------
    InputError
        If it is not the folder of a build.
    """
    if not isinstance(folder, str | os.PathLike) or not os.fspath(folder):
        raise InputError(f"load: expected the folder of a build, got {shown(folder)}")
    return FinishedBuild(Path(folder))


def _network_path(network, golden, folder: Path) -> str:
    if isinstance(network, str | os.PathLike):
        return os.fspath(network)
    if not isinstance(network, Network):
        raise InputError(f"network: expected a name, a path or a Network, got {shown(network)}")
    if golden is None:
        raise InputError("golden: expected a path or arrays, since a Network has no file beside "
                         "it, got None")
    save_network(network, folder)
    return os.fspath(folder)


def _golden_path(golden, path: Path) -> str:
    if isinstance(golden, str | os.PathLike):
        return os.fspath(golden)
    if not isinstance(golden, Mapping):
        raise InputError(f"golden: expected a path, or arrays by name, got {shown(golden)}")
    if odd := [key for key in golden if not isinstance(key, str) or not key.isprintable()]:
        raise InputError(f"golden: expected names of arrays, got {shown(odd[0])}")
    # Not by keywords, of which `file` would be savez's own.
    arrays = {key: _array(value) for key, value in golden.items() if value is not None}
    if odd := [key for key, value in arrays.items() if value.dtype.kind == "O"]:
        raise InputError(
            f"golden: {odd[0]}: expected an array of numbers or names, got one of objects"
        )
    if "file" in arrays:
        raise InputError("golden: expected arrays of golden data, got one called 'file'")
    np.savez(path, **arrays)
    return os.fspath(path)


def _array(values: object) -> np.ndarray:
    """As numpy has it, but texts, which pandas keeps as objects, as texts."""
    array = np.asarray(values)
    texts = array.dtype.kind == "O" and all(isinstance(value, str) for value in array.flat)
    return array.astype(str) if texts else array


def _as_arguments(options: Mapping[str, object]) -> list[str]:
    """Options as the command line has them."""
    found = []
    for name, value in options.items():
        option = f"--{name.replace('_', '-')}"
        if value is None or value is False:
            continue
        found.append(option)
        if value is True:
            continue
        several = value if isinstance(value, list | tuple) else [value]
        found += [os.fspath(v) if isinstance(v, os.PathLike) else str(v) for v in several]
    return found
