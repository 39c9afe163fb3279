"""Packages that find what is in them."""

import importlib
import sys

import pytest

from build_decoder.models.discovery import discover


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package of things; ``add(module, name)`` puts one into a module of it."""
    (tmp_path / "found_things").mkdir()
    (tmp_path / "found_things" / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)

    def add(module: str, name: str) -> None:
        (tmp_path / "found_things" / f"{module}.py").write_text(
            f"class THING:\n    name = {name!r}\n"
        )
        importlib.invalidate_caches()

    yield add
    for name in [name for name in sys.modules if name.split(".")[0] == "found_things"]:
        del sys.modules[name]


def found(**options):
    things = importlib.import_module("found_things")
    return discover(things.__name__, things.__path__, "THING", **options)


def test_a_module_is_enough_to_be_found(package):
    assert found() == {}
    package("one", "first")
    package("two", "second")
    assert list(found()) == ["first", "second"]
    assert found()["first"].name == "first"


def test_a_name_is_taken_once(package):
    package("one", "first")
    package("two", "first")
    with pytest.raises(ValueError, match="expected one THING called 'first', got a second in two"):
        found()


def test_modules_without_one_are_left_out_where_that_is_asked_for(package, tmp_path):
    package("one", "first")
    (tmp_path / "found_things" / "tools.py").write_text("TOOL = 1\n")
    importlib.invalidate_caches()
    assert list(found(in_each=False)) == ["first"]
    with pytest.raises(AttributeError, match="THING"):
        found()
