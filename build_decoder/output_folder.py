"""The output folder: what was made now or, after bad input, what was there before."""

import contextlib
import json
import os
import shutil
import tempfile
from pathlib import Path

from build_decoder.report import REPORT_FILE
from models.errors import InputError

__all__ = ["OutputFolder"]

_REPORT_KEYS = {"board", "network", "stage_seconds"}
"""A ``report.json`` with these is one of ours."""


class OutputFolder:
    """Collects a build in a temporary folder and puts it in place of ``path`` at the end.

    A context manager whose value is the folder to write to, an absolute path. Leaving it by an
    exception discards that folder, and folders above ``path`` that were made for it; ``path`` is
    then as it was. Leaving it without one replaces an earlier build, all of it, with what was made
    now, whether or not that is a whole build: the same after ``--stop-after`` and with the exit
    statuses 3, 4 and 5 as with 0.

    The old folder is renamed aside, the new one renamed into place, and only then is the old one
    deleted; if that fails, the old one is put back. A link is followed. The current folder and a
    mount point stay, and their contents are replaced in the same order.

    Raises
    ------
    InputError
        If ``path`` cannot be written, or holds something else than an earlier build.
    """

    def __init__(self, path: Path):
        self.path = path

    def __enter__(self) -> Path:
        self._staging = None
        self._made_parents = []
        try:
            self._target = Path(os.path.realpath(self.path))
            if os.path.lexists(self._target) and not self._is_replaceable():
                raise InputError.at(
                    self.path,
                    "",
                    expected="an earlier build, an empty folder or nothing",
                    got="other files" if self._target.is_dir() else "a file",
                )
            self._stays = os.path.ismount(self._target) or self._target == Path.cwd()
            self._made_parents = [p for p in self._target.parents if not os.path.exists(p)]
            # In a folder that stays, because beside it may be another file system.
            beside = self._target if self._stays else self._target.parent
            beside.mkdir(parents=True, exist_ok=True)
            self._staging = Path(tempfile.mkdtemp(prefix=f".{self._target.name}.", dir=beside))
            # mkdtemp's folder is closed to other users; the build is not.
            self._new.mkdir()
        except OSError as error:
            self._discard()
            raise self._not_writable(error) from None
        return self._new

    def __exit__(self, kind, value, traceback):
        if kind is not None:
            self._discard()
            return
        try:
            self._put_in_place()
        except OSError as error:
            raise self._not_writable(error) from None

    def with_final_paths(self, text: str) -> str:
        """``text`` with :attr:`path` instead of the temporary folder, absolute or relative."""
        spellings = str(self._new), os.path.relpath(self._new)
        # One may be within the other, which is replaced first.
        for temporary in sorted(spellings, key=len, reverse=True):
            text = text.replace(temporary, str(self.path))
        return text

    @property
    def _new(self) -> Path:
        return self._staging / "new"

    @property
    def _old(self) -> Path:
        return self._staging / "old"

    def _is_replaceable(self) -> bool:
        if not self._target.is_dir():
            return False
        if not any(self._target.iterdir()):
            return True
        report = self._target / REPORT_FILE
        if not report.is_file():
            return False
        try:
            figures = json.loads(report.read_text())
        except (ValueError, RecursionError):
            return False
        return isinstance(figures, dict) and figures.keys() >= _REPORT_KEYS

    def _put_in_place(self):
        done = []
        try:
            for source, target in self._moves():
                os.rename(source, target)
                done.append((source, target))
        except BaseException:
            # If this fails too, the earlier build is not deleted but left where it is.
            for source, target in reversed(done):
                os.rename(target, source)
            self._discard()
            raise
        shutil.rmtree(self._staging, ignore_errors=True)

    def _moves(self) -> list[tuple[Path, Path]]:
        old = self._old
        if self._stays:
            old.mkdir()
            earlier = [entry for entry in self._target.iterdir() if entry != self._staging]
            return [(entry, old / entry.name) for entry in earlier] + [
                (entry, self._target / entry.name) for entry in self._new.iterdir()
            ]
        earlier = [(self._target, old)] if self._target.exists() else []
        return [*earlier, (self._new, self._target)]

    def _discard(self):
        if self._staging is not None:
            shutil.rmtree(self._staging, ignore_errors=True)
        for parent in self._made_parents:
            with contextlib.suppress(OSError):  # absent, or no longer empty
                parent.rmdir()

    def _not_writable(self, error: OSError) -> InputError:
        got = error.strerror
        if self._staging is not None and self._old.exists():
            got += f"; the earlier build is in {self._old}"
        return InputError.at(self.path, "", expected="a folder that can be written", got=got)
