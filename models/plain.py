"""What JSON can hold of figures: it knows no infinity, no NaN, and no numbers of NumPy."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

__all__ = ["plain"]


def plain(content: Any) -> Any:
    """``content`` with NumPy's numbers as Python's, and None for each that is infinite or NaN."""
    if isinstance(content, np.generic):
        content = content.item()
    if isinstance(content, Mapping):
        return {key: plain(value) for key, value in content.items()}
    if isinstance(content, list | tuple):
        return [plain(value) for value in content]
    if isinstance(content, float) and not math.isfinite(content):
        return None
    return content
