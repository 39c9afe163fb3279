"""Numbers on a command line, within their limits."""

import argparse
import math
from collections.abc import Callable

from models.errors import InputError, shown

__all__ = ["LineParser", "number", "whole_number"]


class LineParser(argparse.ArgumentParser):
    """A parser whose errors are InputErrors of one line, as those of what is read later are."""

    def error(self, message):
        """Raise an InputError with ``message``."""
        raise InputError(f"{message} (see --help)")


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
