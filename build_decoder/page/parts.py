"""What a page is made of: sections, each of text, figures and tables."""

from dataclasses import dataclass, field

from markupsafe import Markup

__all__ = ["Bar", "Figure", "Section", "Table"]


@dataclass(frozen=True)
class Figure:
    """A drawing, and what it shows, in words."""

    svg: Markup
    caption: str


@dataclass(frozen=True)
class Bar:
    """A bar within a table.

    Parameters
    ----------
    value
        Its length, a fraction of the whole.
    kind
        A word that its colour stands for, or none.
    """

    value: float
    kind: str = ""

    @property
    def percent(self) -> str:
        """Its length in percent, at most 100."""
        return f"{100 * min(max(self.value, 0.0), 1.0):.2f}"


@dataclass(frozen=True)
class Table:
    """Cells are text, or a `Bar`; ``kinds`` are those that its bars have, in the order of colours.
    ``numeric`` columns are aligned to the right."""

    head: tuple[str, ...]
    rows: list[tuple]
    caption: str = ""
    kinds: tuple[str, ...] = ()
    numeric: tuple[int, ...] = ()


@dataclass(frozen=True)
class Section:
    """A section: paragraphs first, then figures, tables, and notes in small print."""

    title: str
    text: list[str] = field(default_factory=list)
    figures: list[Figure] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
