"""Plans of activation units, found by looking into this folder: ``plan`` of each folder in it.

A plan says what must be known of a unit before there is any hardware: its latency, and what decides
its area.
"""

import importlib
import pkgutil
from abc import ABC, abstractmethod
from pathlib import Path

from build_decoder.hdl.planning.area.shapes import ActivationShape
from build_decoder.quant.activations import IntegerActivation

__all__ = ["ActivationPlan", "activation_plan", "plans"]


class ActivationPlan(ABC):
    """Plan of an activation unit.

    Parameters
    ----------
    parameters
        The activation.

    Attributes
    ----------
    latency : int
        Cycles with ``en`` from ``i`` to ``o``, at least one.
    """

    latency: int

    def __init__(self, parameters: IntegerActivation):
        self.parameters = parameters

    @property
    @abstractmethod
    def shape(self) -> ActivationShape:
        """What decides the unit's area."""

    def narrowing_shape(self) -> ActivationShape:
        """That of a unit that registers its input, narrows it, and registers the output."""
        into, out = self.parameters.input, self.parameters.output
        dropped = self.parameters.narrowing.dropped_bits
        rounded = into.width - dropped if dropped > 0 else 0
        fits = into.integer + (rounded > 0) <= out.integer and (out.signed or not into.signed)
        return ActivationShape(
            adder=max(rounded, 0),
            limited=0 if fits else out.width,
            registers=into.width + out.width,
        )


_plans: dict[type, type[ActivationPlan]] = {}


def plans(parameters: type):
    """Class decorator: the plan of parameter objects of class ``parameters``."""

    def register(plan):
        if parameters in _plans:
            raise ValueError(f"expected one plan of {parameters.__name__}, got a second")
        _plans[parameters] = plan
        return plan

    return register


def activation_plan(parameters: IntegerActivation) -> ActivationPlan:
    """The plan of the unit for ``parameters``.

    Raises
    ------
    TypeError
        If there is no plan of its kind.
    """
    kind = type(parameters)
    if kind not in _plans:
        raise TypeError(f"expected an activation that has a plan, got {kind.__name__}")
    return _plans[kind](parameters)


_FOLDER = Path(__file__).parent

for _module in pkgutil.iter_modules([str(_FOLDER)]):
    if _module.ispkg:
        importlib.import_module(f"{__package__}.{_module.name}.plan")
