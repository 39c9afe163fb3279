"""Balanced adder trees, combinational and registered."""

from amaranth import Module, Signal, Value

__all__ = ["adder_tree", "registered_level", "registered_tree"]


def adder_tree(terms: list[Value]) -> Value:
    """Exact sum of ``terms``: one bit wider a level, where a chain grows one bit an addend."""
    while len(terms) > 1:
        terms = _level(terms)
    return terms[0]


def registered_tree(m: Module, terms: list[Value], name: str) -> Value:
    """The same, each level of additions registered."""
    level = 0
    while len(terms) > 1:
        terms = registered_level(m, terms, f"{name}_{level}")
        level += 1
    return terms[0]


def registered_level(m: Module, terms: list[Value], name: str) -> list[Value]:
    """Registered sums of two terms each, and the last term if their number is odd."""
    sums = _level(terms)
    registers = [Signal(total.shape(), name=f"{name}_{n}") for n, total in enumerate(sums)]
    m.d.sync += [register.eq(total) for register, total in zip(registers, sums, strict=True)]
    return registers


def _level(terms: list[Value]) -> list[Value]:
    pairs = [terms[n : n + 2] for n in range(0, len(terms), 2)]
    return [pair[0] + pair[1] if len(pair) == 2 else pair[0] for pair in pairs]
