"""Values some cycles later."""

from amaranth import Module, Signal, Value

__all__ = ["delayed"]


def delayed(m: Module, value: Value, cycles: int, name: str, *, flag: bool = False) -> Value:
    """``value``, so many cycles later; a flag is low after a reset."""
    for cycle in range(cycles):
        after = Signal.like(value, name=f"{name}_{cycle}", reset_less=not flag)
        m.d.sync += after.eq(value)
        value = after
    return value
