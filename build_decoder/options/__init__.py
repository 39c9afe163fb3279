"""Options that say which decoder is meant: one set, with one meaning, for every command.

Each part belongs to a stage: where network and golden data come from (`options.source`), which
formats are looked for (`options.search`), and how the hardware is made (`options.hardware`).
"""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass

from build_decoder.models.arguments import LineParser, filled
from build_decoder.models.errors import InputError
from build_decoder.options.hardware import AUTO, HardwareOptions, add_hardware_options
from build_decoder.options.search import SearchOptions, add_search_options
from build_decoder.options.source import SourceOptions, add_source_options

__all__ = [
    "DesignOptions",
    "HardwareOptions",
    "SearchOptions",
    "SourceOptions",
    "add_design_options",
    "given_design_options",
]


@dataclass(frozen=True, kw_only=True)
class DesignOptions:
    """Which decoder of which network.

    Raises
    ------
    InputError
        If something is asked for that decoders in floating point, or AHEAD's search, have not.
    """

    source: SourceOptions
    search: SearchOptions = SearchOptions()
    hardware: HardwareOptions = HardwareOptions()

    def __post_init__(self):
        if self.source.also and self.search.search == "ahead":
            raise InputError("--also: expected the default search, got that of AHEAD")
        if self.search.arithmetic is None:
            return
        hardware = self.hardware
        target, datapath = hardware.target, any(kind != AUTO for kind in hardware.datapath)
        asked = {
            "--also": self.source.also, "--reloadable": hardware.reloadable, target: target,
            "--datapath": datapath,
        }
        for name, given in asked.items():
            if given:
                raise InputError(
                    f"{name}: expected it without --arithmetic {self.search.arithmetic}, as only "
                    "fixed-point decoders have it so far, got both"
                )

    @property
    def seed(self) -> int:
        """Of everything random."""
        return self.source.seed

    @classmethod
    def of(cls, given: argparse.Namespace) -> "DesignOptions":
        """The options of a command line that was parsed with :func:`add_design_options`.

        Raises
        ------
        InputError
            If two of them contradict each other.
        """
        return cls(
            source=SourceOptions.of(given),
            search=SearchOptions.of(given),
            hardware=HardwareOptions.of(given),
        )

    @classmethod
    def parse(cls, arguments: Sequence[str]) -> "DesignOptions":
        """The options of ``[network, option, ...]``.

        Raises
        ------
        InputError
            If an option is not as it should be.
        """
        parser = LineParser()
        parser.add_argument("network", type=filled)
        add_design_options(parser)
        return cls.of(parser.parse_args(arguments))


def add_design_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of :class:`DesignOptions`, but for the network itself."""
    add_source_options(parser)
    add_search_options(parser)
    add_hardware_options(parser)


def given_design_options(
    parser: argparse.ArgumentParser, argv: Sequence[str] | None
) -> tuple[str, ...]:
    """Options of :func:`add_design_options` that are in ``argv``, such as ``--search``."""
    ours = LineParser()
    add_design_options(ours)
    # argparse leaves what a namespace has already, unless the option is given.
    unset = object()
    names = vars(ours.parse_args([]))
    given = parser.parse_args(argv, argparse.Namespace(**dict.fromkeys(names, unset)))
    return tuple(
        f"--{name.replace('_', '-')}" for name in names if getattr(given, name) is not unset
    )
