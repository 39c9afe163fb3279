"""The build that a command is given: the folder of one, or a network that one is made of."""

import argparse
import time
from collections.abc import Sequence
from pathlib import Path

from build_decoder.build_folder import BuildFolder, blocks_of, is_build
from build_decoder.design_file import Design
from build_decoder.hdl import families
from build_decoder.hdl.family import Family
from build_decoder.manifest import write_manifest
from build_decoder.models.arguments import filled
from build_decoder.models.errors import InputError
from build_decoder.options import DesignOptions, add_design_options, given_design_options
from build_decoder.report import Report
from build_decoder.stages import STAGES
from build_decoder.stages.importing import import_network
from build_decoder.stages.quantising import quantise_network
from build_decoder.stages.rtl import Chip, write_rtl

__all__ = ["add_build_arguments", "given_build", "make_rtl", "target_of"]


def add_build_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the argument that names a build or a network, and the options of the latter."""
    parser.add_argument(
        "network", type=filled, metavar="BUILD|NETWORK",
        help="folder of a build, which is taken as it is; or zoo name, metadata folder, .keras or "
        ".onnx file of a network, which is built first, with the options that build_decoder has",
    )
    add_design_options(parser)


def given_build(
    parser: argparse.ArgumentParser,
    argv: Sequence[str] | None,
    folder: Path,
    *,
    chip: Chip,
    besides: Sequence[str] = (),
) -> BuildFolder:
    """The build that a command line names, or one that is made in ``folder``, up to the stage rtl.

    Parameters
    ----------
    parser
        One with :func:`add_build_arguments`.
    argv
        What it parses; the process's own arguments if None.
    chip
        What hardware is designed for where a build is made.
    besides
        Options of a design that the command has a use of its own for, such as ``--seed``.

    Raises
    ------
    InputError
        If the build is not whole or was changed, an option would make another of it, or network,
        golden data or an option is at fault.
    ToolError
        If Yosys is missing or fails.
    """
    arguments = parser.parse_args(argv)
    if not is_build(arguments.network):
        return make_rtl(folder, DesignOptions.of(arguments), chip)
    given = [name for name in given_design_options(parser, argv) if name not in besides]
    if given:
        raise InputError.at(
            given[0], "", expected=f"none with the folder of a build, {arguments.network}, which "
            "is taken as it is", got="one",
        )
    build = BuildFolder(Path(arguments.network))
    build.check()
    return build


def target_of(design: Design, asked: str | None, otherwise: str) -> Family:
    """The family that a build's Verilog is synthesised for.

    Parameters
    ----------
    asked
        What the user gave to ``--target``, or None.
    otherwise
        Name of the family where the Verilog has blocks of none, and nothing was asked for.

    Raises
    ------
    InputError
        If the Verilog has blocks of another family.
    """
    own = blocks_of(design.family)
    if asked is None:
        return own or families.get(otherwise)
    if own is not None and own.name != asked:
        raise InputError.at(
            "--target", "", expected=f"{own}, whose blocks the Verilog of this build has",
            got=asked,
        )
    return families.get(asked)


def make_rtl(folder: Path, options: DesignOptions, chip: Chip) -> BuildFolder:
    """A build in ``folder`` up to the stage rtl, for no board.

    Raises
    ------
    InputError
        If network, golden data or an option is at fault.
    ToolError
        If Yosys is missing or fails.
    """
    folder.mkdir(parents=True, exist_ok=True)
    build = BuildFolder(folder)
    report = Report(board=None, seed=options.seed)
    for name, stage in zip(
        STAGES,
        (
            lambda: import_network(
                build,
                options.source,
                hardware=options.hardware,
                answer=options.hardware.answer,
                search=options.search,
            ),
            lambda: quantise_network(
                build,
                options.search,
                family=chip.family or families.DEFAULT,
                reloadable=options.hardware.reloadable,
                answer=options.hardware.answer,
            ),
            lambda: write_rtl(build, options.hardware, chip),
        ),
        strict=False,
    ):
        start = time.perf_counter()
        report = report.after(name, stage(), time.perf_counter() - start)
    report.save(folder)
    write_manifest(folder)
    return build
