"""Docstrings read into sections and written as Markdown."""

from build_decoder.bench.docstring import Docstring, markdown


class Documented:
    """One line.

    A *raw* value, see :class:`~quant.qformat.QFormat`::

        a = b

            c = d

    and ``more``
    of it.

    Parameters
    ----------
    one, two:
        Both of
        these.
    three
        Another.

    Arrays
    ------
    weights:
        (inputs, units)
    """


class Inherits(Documented):
    pass


def test_text_and_sections():
    read = Docstring.of(Documented)
    assert read.text.startswith("One line.\n")
    assert read.text.endswith("\nof it.")
    assert list(read.sections) == ["Parameters", "Arrays"]
    assert read.entries("Parameters") == {
        "one": "Both of these.", "two": "Both of these.", "three": "Another.",
    }
    assert read.entries("Arrays") == {"weights": "(inputs, units)"}
    assert read.entries("Examples") == {}


def test_a_docstring_is_not_that_of_a_base_class():
    assert Docstring.of(Inherits) == Docstring("", {})


def test_markdown():
    assert markdown(Docstring.of(Documented).text) == (
        "One line.\n\nA *raw* value, see `QFormat`:\n\n"
        "```\na = b\n\n    c = d\n```\n\nand `more` of it."
    )
