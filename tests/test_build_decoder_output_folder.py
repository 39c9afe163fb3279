"""The output folder: what is replaced, what is kept, and what is left where something fails."""

import hashlib
import json
import os
from pathlib import Path

import pytest

from build_decoder.models.errors import InputError
from build_decoder.output_folder import OutputFolder
from build_decoder.report import Report


def files(folder: Path) -> dict[str, str]:
    """Contents of all files below ``folder``, hidden ones too; of folders, an empty string."""
    return {
        str(path.relative_to(folder)): "" if path.is_dir() else path.read_text()
        for path in folder.rglob("*")
    }


def build(path: Path, product: str = "new"):
    with OutputFolder(path) as folder:
        (folder / "rtl").mkdir()
        (folder / "rtl" / "decoder.v").write_text(product)
        Report(board="icebreaker", seed=0).save(folder)


def built(product: str = "new") -> dict[str, str]:
    return with_manifest({"rtl": "", "rtl/decoder.v": product, "report.json": _REPORT})


def with_manifest(contents: dict[str, str]) -> dict[str, str]:
    made = {
        name: {"bytes": len(text), "sha256": hashlib.sha256(text.encode()).hexdigest()}
        for name, text in sorted(contents.items())
        if text
    }
    return contents | {"files.json": json.dumps({"format": 1, "files": made}, indent=1) + "\n"}


_REPORT = json.dumps(vars(Report(board="icebreaker", seed=0)), indent=2) + "\n"


def below(name: str, contents: dict[str, str]) -> dict[str, str]:
    return {name: "", **{f"{name}/{path}": text for path, text in contents.items()}}


def fail_rename(monkeypatch, *numbers: int):
    """The renames of these numbers fail."""
    rename, count = os.rename, 0

    def failing(source, target):
        nonlocal count
        count += 1
        if count in numbers:
            raise OSError(16, "Device or resource busy")
        rename(source, target)

    monkeypatch.setattr(os, "rename", failing)


def assert_refused(path: Path, root: Path, message: str):
    before = files(root)
    with pytest.raises(InputError) as caught:
        build(path)
    assert str(caught.value) == f"{path}: {message}"
    assert files(root) == before


@pytest.mark.parametrize("earlier", ["nothing", "an empty folder", "a build"])
def test_what_is_made_replaces_what_was_there(earlier, tmp_path):
    path = tmp_path / "out"
    if earlier == "an empty folder":
        path.mkdir()
    elif earlier == "a build":
        build(path, "old")
        (path / "board").mkdir()
    build(path)
    assert files(tmp_path) == below("out", built())


def test_the_build_is_as_open_to_others_as_any_new_folder(tmp_path):
    (tmp_path / "folder").mkdir()
    build(tmp_path / "out")
    assert (tmp_path / "out").stat().st_mode == (tmp_path / "folder").stat().st_mode


def test_an_exception_leaves_what_was_there(tmp_path):
    def interrupted(path):
        with OutputFolder(path) as folder:
            (folder / "report.json").write_text("half")
            raise KeyboardInterrupt

    build(tmp_path / "out", "old")
    for path in (tmp_path / "out", tmp_path / "a" / "b" / "out"):
        with pytest.raises(KeyboardInterrupt):
            interrupted(path)
    assert files(tmp_path) == below("out", built("old"))


@pytest.mark.parametrize(
    "report",
    ['{"accuracy": 0.9}', '{"board": "x", "network": "y"}', "[]", "3", "{oops", "", "[" * 100_000],
    ids=lambda report: report[:20],
)
def test_a_foreign_report_is_no_build(report, tmp_path):
    (tmp_path / "results").mkdir()
    (tmp_path / "results" / "report.json").write_text(report)
    (tmp_path / "results" / "thesis.tex").write_text("mine")
    assert_refused(
        tmp_path / "results", tmp_path,
        "expected an earlier build, an empty folder or nothing, got other files",
    )


def test_a_binary_report_is_no_build(tmp_path):
    (tmp_path / "report.json").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="got other files"):
        build(tmp_path)
    assert (tmp_path / "report.json").read_bytes() == b"\xff\xfe\x00"


def test_a_file_is_kept(tmp_path):
    (tmp_path / "out").write_text("mine")
    assert_refused(
        tmp_path / "out", tmp_path,
        "expected an earlier build, an empty folder or nothing, got a file",
    )


def test_folders_of_similar_names_are_kept(tmp_path):
    names = ("out.partial", ".out", "out.old")
    for name in names:
        (tmp_path / name).mkdir()
        (tmp_path / name / "thesis.tex").write_text("mine")
    before = files(tmp_path)
    build(tmp_path / "out", "old")
    build(tmp_path / "out")
    assert files(tmp_path) == before | below("out", built())


@pytest.mark.parametrize("number", [1, 2])
def test_a_failed_rename_puts_the_earlier_build_back(number, tmp_path, monkeypatch):
    build(tmp_path / "out", "old")
    fail_rename(monkeypatch, number)
    assert_refused(
        tmp_path / "out", tmp_path,
        "expected a folder that can be written, got Device or resource busy",
    )


def test_an_earlier_build_that_cannot_be_put_back_is_not_deleted(tmp_path, monkeypatch):
    build(tmp_path / "out", "old")
    fail_rename(monkeypatch, 2, 3)
    with pytest.raises(InputError, match="; the earlier build is in ") as caught:
        build(tmp_path / "out")
    assert files(Path(str(caught.value).split("build is in ")[1])) == built("old")


@pytest.mark.parametrize("number", range(1, 5))
def test_a_failed_rename_in_the_current_folder(number, tmp_path, monkeypatch):
    build(tmp_path / "out", "old")
    monkeypatch.chdir(tmp_path / "out")
    fail_rename(monkeypatch, number)
    assert_refused(
        Path("."), tmp_path, "expected a folder that can be written, got Device or resource busy"
    )


@pytest.mark.parametrize("spelled", [".", "../out", "absolute"])
def test_the_current_folder_stays(spelled, tmp_path, monkeypatch):
    path = tmp_path / "out"
    path.mkdir()
    monkeypatch.chdir(path)
    inode = path.stat().st_ino
    for product in ("old", "new"):  # into the empty folder, and over a build
        build(path if spelled == "absolute" else Path(spelled), product)
        assert files(tmp_path) == below("out", built(product))
    assert path.stat().st_ino == inode


def test_a_mount_point_stays(tmp_path, monkeypatch):
    path = tmp_path / "out"
    path.mkdir()
    monkeypatch.setattr(os.path, "ismount", lambda given: Path(given) == path)
    inode = path.stat().st_ino
    with OutputFolder(path) as folder:
        # Elsewhere would be another file system, from which nothing can be renamed.
        assert folder.is_relative_to(path)
        Report(board="icebreaker", seed=0).save(folder)
    assert files(tmp_path) == below("out", with_manifest({"report.json": _REPORT}))
    assert path.stat().st_ino == inode


def test_a_link_is_followed(tmp_path):
    (tmp_path / "disk").mkdir()
    (tmp_path / "link").symlink_to("disk/build")  # dangling at first
    for product in ("old", "new"):
        build(tmp_path / "link", product)
        assert os.readlink(tmp_path / "link") == "disk/build"
        assert files(tmp_path / "disk") == below("build", built(product))


def test_a_link_to_other_files_is_refused(tmp_path):
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "thesis.tex").write_text("mine")
    (tmp_path / "link").symlink_to("thesis")
    assert_refused(
        tmp_path / "link", tmp_path,
        "expected an earlier build, an empty folder or nothing, got other files",
    )


def test_a_link_to_itself_is_refused(tmp_path):
    (tmp_path / "link").symlink_to("link")
    with pytest.raises(InputError, match="link: expected "):
        build(tmp_path / "link")
    assert os.listdir(tmp_path) == ["link"]


def test_a_name_that_is_too_long_is_refused(tmp_path):
    assert_refused(
        tmp_path / ("a" * 300), tmp_path,
        "expected a folder that can be written, got File name too long",
    )


@pytest.mark.parametrize("spelled", [str, os.path.relpath], ids=["absolute", "relative"])
@pytest.mark.parametrize("start", ["/", "here"])
@pytest.mark.parametrize("absolute", [False, True])
def test_final_paths(spelled, start, absolute, tmp_path, monkeypatch):
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / start)
    path = tmp_path / "here" / "build" / "out"
    output = OutputFolder(path if absolute else Path(os.path.relpath(path)))
    with output as folder:
        temporary = spelled(folder)
        message = output.with_final_paths(f"see {temporary}/a.log, {temporary}/b.log")
    assert message == f"see {output.path}/a.log, {output.path}/b.log"
