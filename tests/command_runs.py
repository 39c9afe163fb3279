"""The command as a process of its own, and what it leaves behind."""

import hashlib
import os
import signal
import subprocess
import sys
import time
import uuid
from pathlib import Path

import psutil

ROOT = Path(__file__).parents[1]
_MARK = "BUILD_DECODER_TEST"


class Run:
    """``python ARGUMENTS`` from the repository's folder, with temporary files in ``tmp``.

    Signals end it as in a terminal, also where whoever runs the tests ignores some.
    """

    def __init__(self, *arguments: str, tmp: Path, **environment: str):
        self.mark = uuid.uuid4().hex
        self.tmp = tmp
        tmp.mkdir(exist_ok=True)
        self.process = subprocess.Popen(
            [sys.executable, *map(os.fspath, arguments)],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={
                **os.environ,
                "PYTHONPATH": str(ROOT),  # also where the process goes into another folder
                "TMPDIR": str(tmp),
                _MARK: self.mark,
                **environment,
            },
            preexec_fn=_not_ignored,
        )

    def wait_for(self, text: str) -> None:
        """Wait until ``text`` is printed on standard output."""
        for line in self.process.stdout:
            if text in line.decode():
                return
        raise AssertionError(f"{text} was not printed: {self.process.stderr.read().decode()}")

    def wait_for_processes(self, least: int) -> None:
        """Wait until there are ``least`` processes of this run, itself counted."""
        end = time.monotonic() + 300
        while len(found := self.left()) < least:
            assert self.process.poll() is None, f"it ended: {self.process.stderr.read().decode()}"
            assert time.monotonic() < end, f"{found} are not {least} processes"
            time.sleep(0.02)

    def send(self, number: int) -> int:
        """Send a signal; the exit status."""
        self.process.send_signal(number)
        return self.end()

    def end(self) -> int:
        """Wait for the end; the exit status. What was printed is in ``out`` and ``err``."""
        out, err = self.process.communicate(timeout=300)
        self.out, self.err = out.decode(), err.decode()
        return self.process.returncode

    def left(self) -> list[str]:
        """Command lines of processes of this run that are still there."""
        found = []
        for process in psutil.process_iter():
            try:
                ours = process.environ().get(_MARK) == self.mark
                if ours and process.status() != psutil.STATUS_ZOMBIE:
                    found.append(" ".join(process.cmdline()))
            except psutil.Error:
                continue
        return found

    def left_soon(self) -> list[str]:
        """As :meth:`left`, after a moment for the system to take a killed process away."""
        end = time.monotonic() + 5
        while (found := self.left()) and time.monotonic() < end:
            time.sleep(0.05)
        return found


def _not_ignored() -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


def contents(folder: Path) -> dict[str, str]:
    """A digest of each file below ``folder``, hidden ones too, and an empty one of each folder."""
    return {
        str(path.relative_to(folder)): ""
        if path.is_dir() and not path.is_symlink()
        else hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
    }
