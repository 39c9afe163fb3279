"""The operator Quant of QONNX, which Brevitas and QKeras export: values rounded to integers.

``y = (clip(round(x / scale + zeropt)) - zeropt) * scale``, with limits from ``bitwidth``,
``signed`` and ``narrow``.
"""

from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np

__all__ = ["DOMAINS", "KINDS", "ROUNDINGS", "evaluator_types", "limits", "quantised"]

DOMAINS = ("qonnx.custom_op.general", "onnx.brevitas")
KINDS = ("Quant", "IntQuant")

ROUNDINGS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "CEIL": np.ceil,
    "DOWN": np.trunc,
    "FLOOR": np.floor,
    "HALF_DOWN": lambda x: np.sign(x) * np.ceil(np.abs(x) - 0.5),
    "HALF_EVEN": np.rint,
    "HALF_UP": lambda x: np.sign(x) * np.floor(np.abs(x) + 0.5),
    "ROUND": np.rint,
    "UP": lambda x: np.sign(x) * np.ceil(np.abs(x)),
}
"""Ways of rounding, as QONNX calls them."""


def limits(bits: int, signed: bool, narrow: bool) -> tuple[int, int]:
    """Least and greatest integer."""
    if signed:
        return -(2 ** (bits - 1)) + narrow, 2 ** (bits - 1) - 1
    return 0, 2**bits - 1 - narrow


def quantised(
    x: np.ndarray,
    scale: np.ndarray,
    zero: np.ndarray,
    bits: int,
    signed: bool,
    narrow: bool,
    rounding: str,
) -> np.ndarray:
    """What the operator gives."""
    low, high = limits(bits, signed, narrow)
    whole = ROUNDINGS[rounding](np.clip(x / scale + zero, low, high))
    return (whole - zero) * scale


def evaluator_types(onnx: ModuleType) -> list[Any]:
    """The operator for onnx's reference evaluator, under each of its names."""

    class Base(onnx.reference.op_run.OpRun):
        def _run(self, x, scale, zero, bits, signed=1, narrow=0, rounding_mode="ROUND"):  # noqa: PLR0913
            return (
                quantised(
                    x, scale, zero, int(np.asarray(bits).reshape(-1)[0]), bool(signed),
                    bool(narrow), rounding_mode.upper(),
                ),
            )

    return [
        type(kind, (Base,), {"op_domain": domain}) for domain in DOMAINS for kind in KINDS
    ]
