"""Activation components, found by looking into this folder: ``component`` of each folder in it.

An activation component is a ``wiring.Component`` with ``en`` (In, 1), ``i`` (In, the input
format), ``o`` (Out, the output format) and the latency of its plan, the cycles with ``en`` from
``i`` to ``o``. It takes one input each cycle with ``en``; without ``en`` everything holds.
"""

import importlib
import pkgutil
from pathlib import Path

from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from build_decoder.hdl.activations.plan import activation_plan
from build_decoder.hdl.shapes import shape_of
from build_decoder.quant.activations import IntegerActivation

__all__ = ["ActivationComponent", "activation_component", "realises"]


class ActivationComponent(wiring.Component):
    """Ports and parameters that all activation components share.

    Attributes
    ----------
    latency : int
        That of the plan.
    """

    def __init__(self, parameters: IntegerActivation):
        self.parameters = parameters
        self.latency = activation_plan(parameters).latency
        super().__init__(
            {
                "en": In(1),
                "i": In(shape_of(parameters.input)),
                "o": Out(shape_of(parameters.output)),
            }
        )


_components: dict[type, type[ActivationComponent]] = {}


def realises(parameters: type):
    """Class decorator: the component that realises parameter objects of class ``parameters``."""

    def register(component):
        if parameters in _components:
            raise ValueError(f"expected one component for {parameters.__name__}, got a second")
        _components[parameters] = component
        return component

    return register


def activation_component(parameters: IntegerActivation) -> type[ActivationComponent]:
    """The component class for ``parameters``."""
    return _components[type(parameters)]


_FOLDER = Path(__file__).parent

for _module in pkgutil.iter_modules([str(_FOLDER)]):
    if _module.ispkg:
        importlib.import_module(f"{__package__}.{_module.name}.component")
