"""A command line whose errors are one line: its parser, and types of its options."""

import argparse
import math
import re
from collections.abc import Callable
from pathlib import Path

from build_decoder.models.errors import InputError, shown

__all__ = ["LineParser", "filled", "filled_path", "number", "whole_number"]

_NEGATIVE_NUMBER = re.compile(r"-\.?\d")


class LineParser(argparse.ArgumentParser):
    """A parser whose errors are InputErrors of one line, as those of what is read later are."""

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        # As in Python 3.14; before, the -1e-3 of `--threshold -1e-3` is taken for an option.
        self._negative_number_matcher = _NEGATIVE_NUMBER

    def error(self, message):
        """Raise an InputError with ``message``."""
        raise InputError(f"{message} (see --help)")


def filled(text: str) -> str:
    """A ``type`` for argparse: a name that is not empty, which would mean the current folder."""
    if not text:
        raise argparse.ArgumentTypeError(f"expected a name, got {shown(text)}")
    return text


def filled_path(text: str) -> Path:
    """A ``type`` for argparse: a path that is not empty."""
    return Path(filled(text))


def whole_number(low: int, high: int) -> Callable[[str], int]:
    """A ``type`` for argparse: a whole number from `low` to `high`."""

    def parse(text: str) -> int:
        if not text.isdecimal() or not low <= int(text) <= high:
            raise argparse.ArgumentTypeError(
                f"expected a whole number from {low} to {high}, got {shown(text)}"
            )
        return int(text)

    return parse


def number(low: float, high: float) -> Callable[[str], float]:
    """A ``type`` for argparse: a number from `low` to `high`."""

    def parse(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not low <= value <= high:
            raise argparse.ArgumentTypeError(
                f"expected a number from {low:g} to {high:g}, got {shown(text)}"
            )
        return value

    return parse
