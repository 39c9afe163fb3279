"""The line that tells what is going on: on a terminal, and nowhere else."""

import io
import os
import pty
import signal
import subprocess
import sys

from rich.console import Console

from build_decoder.status_line import StatusLine, newest_log_line
from tests.command_runs import ROOT


def text_of(line: StatusLine) -> str:
    return line.__rich__().plain


def test_stage_seconds_and_detail():
    line = StatusLine(Console(file=io.StringIO()))
    line.stage("quantise")
    assert text_of(line) == "  quantise 0 s"
    line("narrowed: 812 evaluations")
    assert text_of(line) == "  quantise 0 s: narrowed: 812 evaluations"
    counts = iter("12")
    line(lambda: next(counts))
    assert [text_of(line)[-1] for _ in range(2)] == ["1", "2"]
    line("one\x1b[2Jline\n")
    assert text_of(line) == "  quantise 0 s: one\\x1b[2Jline\\n"
    line.stage("rtl")
    assert text_of(line) == "  rtl 0 s"


def test_a_file_that_is_gone_is_no_error(tmp_path):
    line = StatusLine(Console(file=io.StringIO()))
    line.stage("synthesise")
    line(newest_log_line(tmp_path / "none"))
    assert text_of(line) == "  synthesise 0 s"


def test_the_log_written_last(tmp_path):
    line = newest_log_line(tmp_path)
    assert line() == ""
    (tmp_path / "yosys.log").write_text("1. Reading\n\n2. Mapping\n3. Sta")
    (tmp_path / "top.v").write_text("module\n")
    assert line() == "yosys: 2. Mapping"
    (tmp_path / "nextpnr.log").write_text("x" * 10_000 + "\nInfo: routing\n")
    os.utime(tmp_path / "yosys.log", (1, 1))
    assert line() == "nextpnr: Info: routing"
    (tmp_path / "nextpnr.log").write_text("")
    assert line() == "nextpnr"


def test_nothing_is_shown_without_a_terminal(monkeypatch):
    output = io.StringIO()
    monkeypatch.setattr(sys, "stdout", output)
    with StatusLine(Console(force_terminal=True)) as line:
        line.stage("rtl")
    assert output.getvalue() == ""


SHOW = """
from build_decoder.command import _Console
from build_decoder.status_line import StatusLine
with StatusLine(_Console()) as line:
    line.stage('rtl'); line('busy'); time.sleep(0.6)
"""


def on_a_terminal(term: str, code: str = SHOW, *, status: int = 0) -> str:
    """What a terminal gets from code that shows a line for a moment."""
    ours, terminal = pty.openpty()
    child = subprocess.Popen(
        [sys.executable, "-c", f"import os, signal, sys, time\n{code}"],
        cwd=ROOT, env={**os.environ, "TERM": term, "PYTHONPATH": str(ROOT)},
        stdin=terminal, stdout=terminal, stderr=terminal,
    )
    os.close(terminal)
    shown = b""
    try:
        while part := os.read(ours, 1000):
            shown += part
    except OSError:  # the other side is closed
        pass
    os.close(ours)
    assert child.wait() == status
    return shown.decode()


def test_it_is_shown_on_a_terminal_and_taken_away():
    shown = on_a_terminal("xterm")
    assert "rtl 0 s: busy" in shown
    assert shown.rstrip().endswith("\x1b[2K")
    assert "\x1b[?25l" not in shown  # the cursor is never hidden


def test_a_terminal_that_cannot_go_back_shows_nothing():
    assert on_a_terminal("dumb") == ""


def test_a_signal_is_told_below_it():
    shown = on_a_terminal(
        "xterm",
        "from build_decoder.models.command import exit_status\n"
        f"code = {SHOW + ' ' * 4 + 'os.kill(os.getpid(), signal.SIGTERM)'!r}\n"
        "exit_status(lambda: exec(code))\n",
        status=-signal.SIGTERM,
    )
    assert "rtl 0 s: busy" in shown
    assert shown.endswith("\r\nended by SIGTERM\r\n")
