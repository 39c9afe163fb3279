"""Numbers that a layer of heaps takes: bits that count powers of two."""

from dataclasses import dataclass

__all__ = ["Number"]


@dataclass(frozen=True)
class Number:
    """``factor`` times a number of a few bits, which the weights of input ``source`` multiply.

    Parameters
    ----------
    source
        Which of the layer's inputs it is, or a part of.
    bits
        Literals, least first.
    signed
        Whether the last one counts negatively.
    factor
        An integer, not 0.
    most
        Greatest value, without the factor, that it is proven to have; None: all bits 1.
    """

    source: int
    bits: tuple[int, ...]
    signed: bool = False
    factor: int = 1
    most: int | None = None

    @property
    def low(self) -> int:
        """Least value, without the factor."""
        return -(1 << (len(self.bits) - 1)) if self.signed else 0

    @property
    def high(self) -> int:
        """Greatest value, without the factor."""
        most = (1 << (len(self.bits) - self.signed)) - 1
        return most if self.most is None else self.most
