"""Disks that are full: one line, nothing left, and the earlier build as it was."""

import errno
import os
import resource
import subprocess
import sys

import pytest

from build_decoder.__main__ import main
from build_decoder.bench import resources
from build_decoder.models.errors import InputError
from build_decoder.models.room import is_no_room, require_room, says_no_room
from build_decoder.models.scratch import is_plain, scratch_folder
from tests.command_runs import ROOT, Run, contents

ARGUMENTS = ("-m", "build_decoder", "--network", "tiny", "--board", "icebreaker", "--output")


@pytest.fixture
def small_disk(tmp_path):
    """A function that mounts a file system of some KiB; the folder that it is at."""
    mounted = []

    def mount(kib: int):
        folder = tmp_path / f"disk{kib}"
        folder.mkdir()
        made = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={kib}k", "tmpfs", folder],
            capture_output=True, text=True,
        ) if os.geteuid() == 0 else None
        if made is None or made.returncode:
            pytest.skip(f"no file system can be mounted: {made.stderr if made else 'not root'}")
        mounted.append(folder)
        return folder

    yield mount
    for folder in mounted:
        subprocess.run(["umount", folder], check=True)


def assert_one_line(run: Run, place):
    assert run.end() == 2
    assert run.err == (
        f"error: {place}: expected room for what is made, got {os.strerror(errno.ENOSPC)}\n"
    )
    assert run.left() == []


SLOW = [pytest.param(kib, marks=pytest.mark.slow) for kib in (200, 1500, 2000, 3000, 4096)]


@pytest.mark.parametrize("kib", [64, 400, *SLOW])
def test_a_full_disk(kib, small_disk, tmp_path):
    disk = small_disk(kib)
    run = Run(*ARGUMENTS, disk / "a" / "out", tmp=tmp_path / "tmp")
    assert_one_line(run, disk / "a" / "out")
    assert list(disk.iterdir()) == []
    assert list(run.tmp.iterdir()) == []


def test_an_earlier_build_on_it_stays(small_disk, tmp_path):
    disk = small_disk(260)
    arguments = (*ARGUMENTS, disk / "out")
    assert Run(*arguments, "--stop-after", "import", tmp=tmp_path / "tmp").end() == 0
    before = contents(disk)
    assert_one_line(Run(*arguments, "--stop-after", "rtl", tmp=tmp_path / "tmp"), disk / "out")
    assert contents(disk) == before


@pytest.mark.slow
def test_full_temporary_files_are_told_by_their_place(small_disk, tmp_path):
    disk = small_disk(1000)
    run = Run(*ARGUMENTS, tmp_path / "out", tmp=disk)
    assert_one_line(run, disk)
    assert not (tmp_path / "out").exists()
    assert list(disk.iterdir()) == []


@pytest.mark.parametrize("kib", [4, 40])
def test_another_place_is_taken_for_temporary_files(kib, small_disk, monkeypatch):
    disk = small_disk(kib)
    monkeypatch.setenv("TMPDIR", str(disk))
    with scratch_folder() as folder:
        assert not folder.is_relative_to(disk)
        assert os.environ["TMPDIR"] == str(folder)
    assert list(disk.iterdir()) == []
    assert os.environ["TMPDIR"] == str(disk)


@pytest.mark.parametrize("place", ["/dev/null/x", "with a blank", "with:colon"])
def test_a_temporary_folder_that_is_not_there_or_has_no_plain_name(place, tmp_path, monkeypatch):
    if not place.startswith("/"):
        (tmp_path / place).mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / place))
    with scratch_folder() as folder:
        assert is_plain(folder)
        (folder / "file").write_text("")
    assert not folder.exists()


@pytest.mark.slow
def test_the_largest_size_of_a_file(tmp_path):
    def limited():
        resource.setrlimit(resource.RLIMIT_FSIZE, (2**17, 2**17))

    run = subprocess.run(
        [sys.executable, *map(str, ARGUMENTS), tmp_path / "out"], cwd=ROOT, capture_output=True,
        text=True, preexec_fn=limited,
    )
    assert run.returncode == 2
    assert len(run.stderr.splitlines()) == 1
    assert run.stderr.startswith(f"error: {tmp_path / 'out'}: expected room for what is made, got ")
    assert not (tmp_path / "out").exists()


def test_a_full_disk_under_the_report(tmp_path, monkeypatch, capsys):
    def full(self, folder):
        raise OSError(errno.EDQUOT, os.strerror(errno.EDQUOT))

    monkeypatch.setattr("build_decoder.report.Report.save", full)
    output = tmp_path / "out"
    assert main(["--network", "tiny", "--stop-after", "import", "--output", str(output)]) == 2
    assert capsys.readouterr().err == (
        f"error: {output}: expected room for what is made, got {os.strerror(errno.EDQUOT)}\n"
    )
    assert list(tmp_path.iterdir()) == []


def test_a_tool_that_says_so_is_not_missing(tmp_path, monkeypatch, capsys):
    tool = tmp_path / "yosys"
    tool.write_text("#!/bin/sh\necho 'ERROR: cannot write: No space left on device' >&2; exit 1\n")
    tool.chmod(0o755)
    monkeypatch.setenv("YOSYS", str(tool))
    output = tmp_path / "out"
    assert main(["--network", "tiny", "--stop-after", "rtl", "--output", str(output)]) == 2
    assert capsys.readouterr().err == (
        f"error: {output}: expected room for what is made, got No space left on device\n"
    )


def test_a_tool_that_says_so_in_another_command(tmp_path, monkeypatch, capsys):
    tool = tmp_path / "yosys"
    tool.write_text("#!/bin/sh\necho 'ERROR: cannot write: No space left on device' >&2; exit 1\n")
    tool.chmod(0o755)
    monkeypatch.setenv("YOSYS", str(tool))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    assert resources.main(["tiny"]) == 2
    assert capsys.readouterr().err == (
        f"bench.resources: output or {tmp_path}: expected room for what is made, got "
        "No space left on device\n"
    )
    assert list(tmp_path.iterdir()) == [tool]


@pytest.mark.parametrize("said", ["ERROR: syntax error, unexpected end of file", ""])
def test_another_command_whose_tool_stumbles_over_what_was_cut_off(
    said, small_disk, tmp_path, monkeypatch, capsys
):
    disk = small_disk(1000)
    tool = tmp_path / "yosys"
    tool.write_text(f"#!/bin/sh\necho '{said}' >&2; exit 1\n")
    tool.chmod(0o755)
    monkeypatch.setenv("YOSYS", str(tool))
    monkeypatch.setenv("TMPDIR", str(disk))
    assert resources.main(["tiny"]) == 2
    assert capsys.readouterr().err == (
        f"bench.resources: {disk}: expected room for what is made, got No space left on device\n"
    )
    assert list(disk.iterdir()) == []


def test_a_file_that_another_command_cannot_write_to_its_end(
    small_disk, tmp_path, monkeypatch, capsys
):
    disk = small_disk(100)
    monkeypatch.setenv("TMPDIR", str(disk))
    assert resources.main(["tiny"]) == 2
    assert capsys.readouterr().err == (
        f"bench.resources: output or {disk}: expected room for what is made, got "
        "No space left on device\n"
    )
    assert list(disk.iterdir()) == []


def test_a_tool_that_fails_is_quoted_and_one_that_is_missing_is_named(
    tmp_path, monkeypatch, capsys
):
    tool = tmp_path / "yosys"
    tool.write_text(
        "#!/bin/sh\necho Yosys 0.40; if [ $1 != -V ]; then echo ERROR: 7 >&2; exit 1; fi\n"
    )
    tool.chmod(0o755)
    arguments = ["--network", "tiny", "--stop-after", "rtl", "--output", str(tmp_path / "out")]
    monkeypatch.setenv("YOSYS", str(tool))
    assert main(arguments) == 3
    assert capsys.readouterr().err == "tool failed: yosys ended with status 1: ERROR: 7\n"
    monkeypatch.setenv("YOSYS", str(tmp_path / "none"))
    assert main(arguments) == 3
    assert capsys.readouterr().err == (
        f"tool missing: yosys: there is no program '{tmp_path / 'none'}', "
        "which the variable YOSYS names\n"
    )


def test_room_is_asked_for(tmp_path):
    require_room(tmp_path)
    with pytest.raises(InputError, match=f"^{tmp_path}: expected room for what is made, got No sp"):
        require_room(tmp_path, least=2**60)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
def test_all_kinds_are_known(number):
    text = os.strerror(number)
    assert is_no_room(OSError(number, text))
    assert says_no_room(f"as: cannot write: {text.lower()}.") == text.lower()


@pytest.mark.parametrize(
    "text", ["%Error: Verilator threw signal 25.", "nextpnr ended with status -25 (log): x"]
)
def test_the_signal_of_a_file_that_is_too_large(text):
    assert says_no_room(text) == os.strerror(errno.EFBIG)
    assert says_no_room(text.replace("25", "255")) is None


def test_other_errors_are_not():
    assert not is_no_room(PermissionError(errno.EACCES, "Permission denied"))
    assert says_no_room("syntax error: no space between") is None
