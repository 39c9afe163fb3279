"""The shape that an array must have, and whether one has it."""

from dataclasses import dataclass

__all__ = ["ArrayShape"]


@dataclass(frozen=True)
class ArrayShape:
    """Expected shape of an array.

    Parameters
    ----------
    sizes:
        Size of each axis; None where any size from 1 up will do.
    axes:
        Name of each axis, for error messages.
    max_values:
        Most values that the array may have in all.
    """

    sizes: tuple[int | None, ...]
    axes: tuple[str, ...]
    max_values: int

    def accepts(self, shape: tuple[int, ...]) -> bool:
        """Whether an array of `shape` will do.

        Where one axis is expected, a matrix of one row or one column is accepted as well: some
        tools write no other.
        """
        if len(self.sizes) == 1 and len(shape) == 2 and 1 in shape:
            shape = (shape[0] * shape[1],)
        return len(shape) == len(self.sizes) and all(
            got >= 1 if want is None else got == want
            for got, want in zip(shape, self.sizes, strict=True)
        )

    def __str__(self) -> str:
        sizes = ", ".join("any" if size is None else str(size) for size in self.sizes)
        return f"shape ({sizes}) for ({', '.join(self.axes)})"
