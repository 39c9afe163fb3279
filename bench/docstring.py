"""Docstrings in numpy's style, read into text and sections, and written as Markdown."""

import inspect
import re
import textwrap
from dataclasses import dataclass

__all__ = ["Docstring", "markdown"]

_HEADING = re.compile(r"^(\w[\w ]*)\n-{3,}\n", re.MULTILINE)
_ROLE = re.compile(r":\w+:`~?([\w.]+)`")


@dataclass(frozen=True)
class Docstring:
    """A docstring.

    Parameters
    ----------
    text:
        All before its first section.
    sections:
        Text of each section by its heading.
    """

    text: str
    sections: dict[str, str]

    @classmethod
    def of(cls, thing: object) -> "Docstring":
        """That of a class, function or module; empty where it has none of its own."""
        text, *parts = _HEADING.split(inspect.cleandoc(_own(thing)) + "\n")
        headings, contents = parts[::2], parts[1::2]
        return cls(text.strip(), {
            heading: content.strip("\n")
            for heading, content in zip(headings, contents, strict=True)
        })  # fmt: skip

    def entries(self, section: str) -> dict[str, str]:
        """Description of each name in a section such as ``Parameters``, in one line."""
        found = {}
        for entry in re.split(r"\n(?=\S)", self.sections.get(section, "")):
            names, _, description = entry.partition("\n")
            for name in names.rstrip(":").split(", "):
                if name:
                    found[name] = markdown(textwrap.dedent(description))
        return found


def _own(thing: object) -> str:
    """The docstring, and not that of a base class."""
    return (vars(thing) if isinstance(thing, type) else {"__doc__": thing.__doc__})["__doc__"] or ""


def markdown(text: str) -> str:
    """Text of a docstring as Markdown: paragraphs in one line each, literal blocks as code."""
    parts = []
    for block in re.split(r"\n\n(?=\S)", text.strip("\n")):
        paragraph, _, literal = block.partition("\n\n")
        paragraph = _ROLE.sub(lambda role: f"`{role[1].rpartition('.')[2]}`", paragraph)
        paragraph = " ".join(line.strip() for line in paragraph.splitlines()).replace("``", "`")
        parts.append(paragraph.removesuffix(":") if literal else paragraph)
        if literal:
            parts.append(f"```\n{textwrap.dedent(literal)}\n```")
    return "\n\n".join(parts)
