"""A proof of a component, with a fault that it must find."""

import inspect
import sys
import types
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from amaranth.lib import wiring

from build_decoder.sim.formal import Verdict, prove, require_tools

__all__ = ["Fault", "Proof", "mutant"]


@dataclass(frozen=True)
class Fault:
    """A fault seeded into a component's source: ``old`` text, which is there once, as ``new``."""

    about: str
    old: str
    new: str


@dataclass(frozen=True, kw_only=True)
class Proof:
    """What is proven of a component.

    Parameters
    ----------
    name
        Name of the proof.
    claim
        What it proves, in a sentence.
    component
        Class that it is about.
    bench
        Makes a bench around an object of that class, or of a faulty one.
    depth, induction, free
        See `formal.prove`.
    fault
        A fault that breaks the claim.
    """

    name: str
    claim: str
    component: type
    bench: Callable[[type], wiring.Component]
    depth: int
    induction: bool
    fault: Fault
    free: Sequence[str] = ()

    @property
    def method(self) -> str:
        """How it is proven, in words."""
        start = " from any state" if self.free else ""
        if self.induction:
            return f"induction over {self.depth} cycles"
        return f"all inputs for {self.depth} cycles{start or ' from reset'}"

    def run(self, folder: Path, *, faulty: bool = False) -> Verdict:
        """Prove it, or have the solver break the claim with the fault, whatever else it breaks.

        Raises
        ------
        ToolError
            As `formal.prove`.
        """
        require_tools()
        component = mutant(self.component, self.fault) if faulty else self.component
        return prove(
            self.bench(component), folder, depth=self.depth,
            induction=self.induction and not faulty, free=self.free, claims_only=faulty,
        )  # fmt: skip


def mutant(component: type, fault: Fault) -> type:
    """The class as it is with a fault in its module.

    Raises
    ------
    ValueError
        If the module has not got the fault's text, or has it twice.
    """
    source = inspect.getsource(sys.modules[component.__module__])
    found = source.count(fault.old)
    if found != 1:
        raise ValueError(
            f"{component.__module__}: expected {fault.old!r} once, got it {found} times"
        )
    module = types.ModuleType(component.__module__)
    exec(compile(source.replace(fault.old, fault.new), "<faulty>", "exec"), module.__dict__)
    return getattr(module, component.__name__)
