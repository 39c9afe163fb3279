"""What a proof has to see inside of a component, and the rules of streams.

An induction starts from any values that its assertions leave, also from those that never come:
assertions about registers and memories leave those out.
"""

from amaranth import Fragment, Module, Signal, Value

__all__ = ["Inside", "keeps_offers", "lets_pass", "opened"]


class Inside:
    """A component as a submodule, and its registers by name.

    The component is elaborated here, once: add ``fragment`` to a design in its place.
    """

    def __init__(self, component):
        self.fragment = Fragment.get(component, None)
        self._registers = {
            signal.name: signal
            for domain, statements in self.fragment.statements.items() if domain != "comb"
            for statement in statements
            for signal in statement._lhs_signals()
        }  # fmt: skip

    def register(self, name: str) -> Signal:
        """The register of that name, of the component itself.

        Raises
        ------
        KeyError
            If there is none.
        """
        return self._registers[name]

    def submodule(self, name: str) -> "Inside":
        """A submodule of the component, which is elaborated with it."""
        ((fragment, _, _),) = (each for each in self.fragment.subfragments if each[1] == name)
        return Inside(fragment)

    def ongoing(self, *states: str) -> Value:
        """Whether the component's one FSM is in one of ``states``."""
        fsm = self.fragment.generated["fsm"]
        return Value.cast(fsm.state).matches(*(fsm.encoding[state] for state in states))

    def in_a_state(self) -> Value:
        """Whether the component's one FSM is in any of its states."""
        return self.ongoing(*self.fragment.generated["fsm"].encoding)


def opened(component) -> Module:
    """The module that a component is made of, for its submodules.

    The component is elaborated here, once: in a design it is this module.
    """
    module = component.elaborate(None)
    component.elaborate = lambda platform: module
    return module


def keeps_offers(m: Module, valid: Value, ready: Value, payload: Value) -> Signal:
    """Whether what was offered and not taken a cycle ago is offered still, unchanged."""
    waiting, before = Signal(), Signal.like(payload)
    m.d.sync += [waiting.eq(valid & ~ready), before.eq(payload)]
    kept = Signal()
    m.d.comb += kept.eq(~waiting | (valid & (payload == before)))
    return kept


def lets_pass(m: Module, wants: Value, taken: Value, other: Value) -> Signal:
    """How many of another kind were taken while this one waits, modulo 4.

    Parameters
    ----------
    wants, taken
        Whether this one is offered, and taken.
    other
        Whether one of the other kind is taken.
    """
    passed = Signal(2)
    with m.If(~wants | taken):
        m.d.sync += passed.eq(0)
    with m.Elif(other):
        m.d.sync += passed.eq(passed + 1)
    return passed
