"""Signals at any moment: no process and no folder is left, and the earlier build is as it was."""

import random
import signal
import time
from pathlib import Path

import pytest

from build_decoder.__main__ import main
from tests.command_runs import Run, contents

SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
MOMENTS = 20
"""Of each signal, in the test of random ones."""

ARGUMENTS = ("-m", "build_decoder", "--network", "tiny", "--board", "icebreaker", "--output")


@pytest.fixture
def earlier(tmp_path) -> dict[str, str]:
    """An earlier build in ``out/build``; what is in ``out``."""
    output = tmp_path / "out" / "build"
    assert main(["--network", "tiny", "--stop-after", "quantise", "--output", str(output)]) == 0
    return contents(tmp_path / "out")


def assert_ended_clean(run: Run, number: int, out: Path, earlier: dict[str, str]):
    assert run.process.returncode == -number
    assert run.err == f"error: ended by {signal.Signals(number).name}\n"
    assert run.left() == []
    assert list(run.tmp.iterdir()) == []
    assert contents(out) == earlier


def assert_next_build_removes_all(run: Run, out: Path, earlier: dict[str, str]):
    """Also one that ends with bad input, after which the earlier build is there as it was."""
    following = Run(*ARGUMENTS, out / "build", "--network", "nowhere", tmp=run.tmp)
    assert following.end() == 2
    assert following.err.startswith("error: nowhere: expected ")
    assert run.left_soon() == []
    assert list(run.tmp.iterdir()) == []
    assert contents(out) == earlier


@pytest.mark.parametrize(
    ("stage", "processes", "number"),
    [
        pytest.param("import", 1, signal.SIGTERM, marks=pytest.mark.slow),
        ("quantise", 1, signal.SIGINT),
        pytest.param("rtl", 2, signal.SIGHUP, marks=pytest.mark.slow),  # Yosys
        ("simulate", 3, signal.SIGTERM),  # make and a compiler
    ],
)
def test_a_signal_in_a_stage(stage, processes, number, tmp_path, earlier):
    run = Run(*ARGUMENTS, tmp_path / "out" / "build", tmp=tmp_path / "tmp")
    run.wait_for(stage)
    run.wait_for_processes(processes)
    run.send(number)
    assert_ended_clean(run, number, tmp_path / "out", earlier)


def test_killed_in_a_compilation(tmp_path, earlier):
    run = Run(*ARGUMENTS, tmp_path / "out" / "build", tmp=tmp_path / "tmp")
    run.wait_for("simulate")
    run.wait_for_processes(3)
    assert run.send(signal.SIGKILL) == -signal.SIGKILL
    assert contents(tmp_path / "out") != earlier
    assert list(run.tmp.iterdir()) != []
    assert_next_build_removes_all(run, tmp_path / "out", earlier)


@pytest.mark.slow
@pytest.mark.parametrize("moment", range(MOMENTS))
@pytest.mark.parametrize("number", [*SIGNALS, signal.SIGKILL])
def test_random_moments(number, moment, tmp_path, earlier):
    seconds = random.Random(f"{number} {moment}").uniform(0.5, 40)
    run = Run(*ARGUMENTS, tmp_path / "out" / "build", tmp=tmp_path / "tmp")
    time.sleep(seconds)
    run.send(number)
    if run.process.returncode == 0:
        # It was done before; then the new build is there, whole, and nothing else is.
        assert (tmp_path / "out" / "build" / "board" / "top.bin").exists()
        earlier = contents(tmp_path / "out")
        assert set((tmp_path / "out").iterdir()) == {tmp_path / "out" / "build"}
    elif number != signal.SIGKILL:
        assert_ended_clean(run, number, tmp_path / "out", earlier)
    assert_next_build_removes_all(run, tmp_path / "out", earlier)


SWAP = """
import os, signal, sys
from pathlib import Path
from build_decoder.models.command import exit_status
from build_decoder.output_folder import OutputFolder
from build_decoder.report import Report

path, product, number, moment = Path(sys.argv[1]), sys.argv[2], *map(int, sys.argv[3:])
rename, count = os.rename, 0

def signalled(source, target):
    global count
    count += 1
    if count == -moment:
        os.kill(os.getpid(), number)
    rename(source, target)
    if count == moment:
        os.kill(os.getpid(), number)

def run():
    with OutputFolder(path) as folder:
        for name in ("a", "b"):
            (folder / name).write_text(product)
        Report(board="icebreaker", seed=0).save(folder)
        os.rename = signalled
    return 0

sys.exit(exit_status(run))
"""


def swap(path: Path, product: str, number: int, moment: int, tmp: Path, cwd: str = "") -> Run:
    code = f"import os; os.chdir({cwd!r})\n{SWAP}" if cwd else SWAP
    run = Run("-c", code, path, product, str(int(number)), str(moment), tmp=tmp)
    run.end()
    return run


@pytest.mark.parametrize("number", SIGNALS)
@pytest.mark.parametrize("moment", [-1, 1, -2, 2])
def test_a_signal_between_the_renames_waits_for_their_end(number, moment, tmp_path):
    path = tmp_path / "out" / "build"
    assert swap(path, "old", number, 0, tmp_path / "tmp").process.returncode == 0
    run = swap(path, "new", number, moment, tmp_path / "tmp")
    assert run.process.returncode == -number
    assert run.err == f"ended by {signal.Signals(number).name}\n"
    assert (path / "a").read_text() == (path / "b").read_text() == "new"
    assert list((tmp_path / "out").iterdir()) == [path]
    assert list(run.tmp.iterdir()) == []


@pytest.mark.parametrize(
    ("stays", "moment"),
    [(False, 1), pytest.param(False, 2, marks=pytest.mark.slow),
     *((True, n) for n in (1, 3, 5)),
     *(pytest.param(True, n, marks=pytest.mark.slow) for n in (2, 4, 6, 7, 8))],
)
def test_killed_between_the_renames(stays, moment, tmp_path):
    path = tmp_path / "out" / "build"
    path.mkdir(parents=True)
    cwd = str(path) if stays else ""
    assert swap(path, "old", 9, 0, tmp_path / "tmp", cwd).process.returncode == 0
    old = contents(path)
    run = swap(path, "new", signal.SIGKILL, moment, tmp_path / "tmp", cwd)
    assert run.process.returncode == -signal.SIGKILL
    after = Run(*ARGUMENTS, path, "--network", "nowhere", tmp=run.tmp)
    assert after.end() == 2
    assert after.err.startswith("error: nowhere: expected ")
    assert list((tmp_path / "out").iterdir()) == [path]
    assert list(run.tmp.iterdir()) == []
    # Of two folders, or of four files of each build in a folder that stays, the last counts.
    if moment < (8 if stays else 2):
        assert contents(path) == old
    else:
        assert (path / "a").read_text() == (path / "b").read_text() == "new"
        assert set(contents(path)) == set(old)


def test_a_signal_that_was_ignored_stays_ignored(tmp_path):
    code = (
        "import os, signal, sys; signal.signal(signal.SIGHUP, signal.SIG_IGN)\n"
        "from build_decoder.models.command import exit_status\n"
        "sys.exit(exit_status(lambda: os.kill(os.getpid(), signal.SIGHUP) or 7))"
    )
    assert Run("-c", code, tmp=tmp_path / "tmp").end() == 7


def test_children_of_children_in_their_own_session_are_ended(tmp_path):
    code = (
        "import subprocess, sys; from build_decoder.models.command import exit_status\n"
        "def run():\n"
        "    subprocess.Popen(['sh', '-c', 'setsid sh -c \"sleep 300 & sleep 300\" & exit'])\n"
        "    print('started', flush=True)\n"
        "    subprocess.run(['sleep', '300'])\n"
        "sys.exit(exit_status(run))"
    )
    run = Run("-c", code, tmp=tmp_path / "tmp")
    run.wait_for("started")
    run.wait_for_processes(4)
    assert run.send(signal.SIGTERM) == -signal.SIGTERM
    assert run.left() == []


def test_a_second_signal_does_not_break_off_the_first(tmp_path):
    code = (
        "import os, signal, sys, time; from build_decoder.models.command import exit_status\n"
        "from build_decoder.models.signals import on_end\n"
        "def clean():\n"
        "    os.kill(os.getpid(), signal.SIGINT)\n"
        "    os.kill(os.getpid(), signal.SIGTERM)\n"
        "    time.sleep(0.2); os.write(1, b'cleaned')\n"
        "def run():\n"
        "    with on_end(clean):\n"
        "        os.kill(os.getpid(), signal.SIGTERM)\n"
        "sys.exit(exit_status(run))"
    )
    run = Run("-c", code, tmp=tmp_path / "tmp")
    assert run.end() == -signal.SIGTERM
    assert run.out == "cleaned"
    assert run.err == "ended by SIGTERM\n"


def test_handlers_are_put_back(tmp_path):
    before = [signal.getsignal(number) for number in SIGNALS]
    output = str(tmp_path / "out")
    assert main(["--network", "tiny", "--stop-after", "import", "--output", output]) == 0
    assert [signal.getsignal(number) for number in SIGNALS] == before
