"""Files in a build folder that no build has made, and builds of one output at the same time."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from build_decoder.__main__ import main
from build_decoder.models.errors import InputError
from build_decoder.models.owned_folder import OwnedFolder, in_use, take_abandoned
from build_decoder.output_folder import OutputFolder
from build_decoder.report import Report
from tests.command_runs import ROOT, contents

EXPECTED = (
    "expected nothing but files of an earlier build (move others away, or give another --output), "
    "got "
)


@pytest.fixture
def build(tmp_path) -> Path:
    path = tmp_path / "build"
    with OutputFolder(path) as folder:
        (folder / "board").mkdir()
        (folder / "board" / "top.bit").write_text("ours")
        (folder / "board" / "top.v").write_text("ours")
        Report(board="icebreaker", seed=0).save(folder)
    return path


def assert_refused(path: Path, got: str):
    before = contents(path.parent)
    with pytest.raises(InputError) as caught:
        with OutputFolder(path):
            pytest.fail("it was not refused before it began")
    assert str(caught.value) == f"{path}: {EXPECTED}{got}"
    assert contents(path.parent) == before


@pytest.mark.parametrize("name", ["LAB_NOTES.txt", "board/notes/a.txt", ".hidden", "lock", "new"])
def test_a_file_that_no_build_made(name, build):
    (build / name).parent.mkdir(exist_ok=True)
    (build / name).write_text("mine")
    assert_refused(build, f"{name}, which no build made")


@pytest.mark.parametrize("text", ["Vivado's, and longer", "mine"])
def test_a_file_that_was_changed(text, build):
    (build / "board" / "top.bit").write_text(text)
    assert_refused(build, "board/top.bit, which was changed")


def test_the_number_of_such_files_is_told(build):
    for name in ("b", "a", "board/top.v"):
        (build / name).write_text("mine")
    assert_refused(build, "a, which no build made, and 2 more such files")


@pytest.mark.parametrize("kind", ["link to a file", "link to a folder", "fifo", "dangling link"])
def test_what_is_no_file(kind, build, tmp_path):
    if kind == "fifo":
        os.mkfifo(build / "x")
    else:
        target = {"link to a file": "build/report.json", "link to a folder": ".."}.get(kind, "none")
        (build / "x").symlink_to(target)
    with pytest.raises(InputError, match="got x, which no build made$"):
        OutputFolder(build).__enter__()


def test_a_link_in_place_of_our_file(build):
    (build / "board" / "top.v").unlink()
    (build / "board" / "top.v").symlink_to("top.bit")
    assert_refused(build, "board/top.v, which was changed")


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", '{"format": 2, "files": {}}', '{"format": 1, "files": []}', "[" * 10**5,
     '{"format": 1, "files": {"board/top.bit": {"bytes": 4}}}', '{"format": 1, "files": {"a": 3}}'],
    ids=lambda text: text[:30],
)
def test_a_manifest_that_is_not_ours(text, build):
    (build / "files.json").write_text(text)
    assert_refused(build, "files.json, which was changed")


def test_a_build_of_an_earlier_version_has_none(build):
    (build / "files.json").unlink()
    assert_refused(build, "no files.json, which says what is the build's own")


def test_files_that_the_user_removed_are_no_fault(build):
    (build / "board" / "top.v").unlink()
    with OutputFolder(build) as folder:
        (folder / "a").write_text("new")
    assert set(contents(build)) == {"a", "files.json"}


def test_a_file_that_comes_while_the_build_is_made(build):
    before = contents(build.parent)
    with pytest.raises(InputError, match="got LAB_NOTES.txt, which no build made"):
        with OutputFolder(build):
            (build / "LAB_NOTES.txt").write_text("mine")
    after = contents(build.parent)
    assert after.pop("build/LAB_NOTES.txt")
    assert after == before


def test_the_command_refuses_in_one_line_before_it_begins(tmp_path, capsys):
    output = tmp_path / "out"
    arguments = ["--network", "tiny", "--stop-after", "import", "--output", str(output)]
    assert main(arguments) == 0
    assert main(arguments) == 0
    (output / "LAB_NOTES.txt").write_text("mine")
    before = contents(tmp_path)
    capsys.readouterr()
    assert main(arguments) == 2
    printed = capsys.readouterr()
    assert printed.err == f"error: {output}: {EXPECTED}LAB_NOTES.txt, which no build made\n"
    assert printed.out == ""
    assert contents(tmp_path) == before


def test_a_second_build_of_the_same_output_is_refused(tmp_path):
    path = tmp_path / "build"
    with OutputFolder(path) as folder:
        program = (
            "from build_decoder.output_folder import OutputFolder; import sys\n"
            "with OutputFolder(sys.argv[1]): pass"
        )
        second = subprocess.run(
            [sys.executable, "-c", program, path], cwd=ROOT, capture_output=True, text=True
        )
        assert second.returncode == 1
        assert second.stderr.endswith(
            f"{path}: expected a folder that no other build is writing, got one that another build "
            "is writing\n"
        )
        (folder / "a").write_text("first")
        with OutputFolder(tmp_path / "other"):  # beside it, one may
            pass
    assert (path / "a").read_text() == "first"
    assert set(os.listdir(tmp_path)) == {"build", "other"}


def test_only_abandoned_folders_of_ours_are_taken(tmp_path):
    names = (".out.notours1", ".out.12345678", ".out.1234567", ".outx12345678")
    for name in names:
        (tmp_path / name).mkdir()
        (tmp_path / name / "thesis.tex").write_text("mine")
    (tmp_path / ".out.12345678" / "lock").write_text("of another program")
    alive = OwnedFolder.make(tmp_path, ".out.")
    assert in_use(tmp_path, ".out.")
    program = (
        "import os, sys; from pathlib import Path\n"
        "from build_decoder.models.owned_folder import OwnedFolder\n"
        "print(OwnedFolder.make(Path(sys.argv[1]), '.out.').path); sys.stdout.flush(); os._exit(0)"
    )
    dead = subprocess.run(
        [sys.executable, "-c", program, tmp_path], cwd=ROOT, capture_output=True, text=True
    ).stdout.strip()
    taken = list(take_abandoned(tmp_path, ".out."))
    assert [folder.path for folder in taken] == [Path(dead)]
    taken[0].remove()
    alive.remove()
    assert not in_use(tmp_path, ".out.")
    assert sorted(os.listdir(tmp_path)) == sorted(names)


def test_an_earlier_build_that_cannot_go_back_to_its_place_is_kept(build):
    """Killed between the renames, and then the user made a folder of that name."""
    left = OwnedFolder.make(build.parent, ".build.")
    (left.path / "new").mkdir()
    shutil.move(build, left.path / "old")
    moves = [["../build", "old"], ["new", "../build"]]
    (left.path / "moves.json").write_text(json.dumps(moves))
    os.close(left._lock)  # as if its process had ended
    build.mkdir()
    (build / "mine").write_text("mine")
    with pytest.raises(InputError, match="the earlier build is in "):
        OutputFolder(build).__enter__()
    assert (left.path / "old" / "board" / "top.bit").read_text() == "ours"
    assert (build / "mine").read_text() == "mine"
