"""The output folder: what was made now or, after bad input, what was there before."""

import contextlib
import fcntl
import hashlib
import json
import os
import time
from pathlib import Path

from build_decoder.manifest import ForeignFiles, check_own, write_manifest
from build_decoder.models.errors import InputError, printable
from build_decoder.models.owned_folder import OwnedFolder, in_use, take_abandoned
from build_decoder.models.room import is_no_room, no_room
from build_decoder.models.signals import held, on_end
from build_decoder.report import REPORT_FILE

__all__ = ["OutputFolder"]

_REPORT_KEYS = {"board", "network", "stage_seconds"}
"""A ``report.json`` with these is one of ours."""

_JOURNAL = "moves.json"
_LONG_NAME = 200
_LOCK_SECONDS = 10


class OutputFolder:
    """Collects a build in a temporary folder and puts it in place of ``path`` at the end.

    A context manager whose value is the folder to write to, an absolute path. Leaving it by an
    exception or a signal discards that folder, and folders above ``path`` that were made for it;
    ``path`` is then as it was. Leaving it without one replaces an earlier build, all of it, with
    what was made now, whether or not that is a whole build: the same after ``--stop-after`` and
    with the exit statuses 3, 4 and 5 as with 0.

    Only files that a build has made are ever replaced: ``files.json`` in it names them.

    The old folder is renamed aside, the new one renamed into place, and only then is the old one
    deleted; if that fails, the old one is put back. A link is followed. The current folder and a
    mount point stay, and their contents are replaced in the same order. If the process is killed,
    the next one with the same ``path`` puts an earlier build back that was renamed aside, and
    removes what is left: the renames are written down before the first is made.

    Raises
    ------
    InputError
        If ``path`` cannot be written, holds something else than an earlier build, or another
        process is making a build of it.
    """

    def __init__(self, path: Path):
        self.path = path

    def __enter__(self) -> Path:
        self._staging = None
        self._made_parents = []
        with held():
            try:
                self._enter()
            except (OSError, InputError) as error:
                self._discard()
                raise self._as_input_error(error) from None
            self._ending = on_end(self._discard)
            self._ending.__enter__()
        return self._new

    def __exit__(self, kind, value, traceback):
        with held():
            self._ending.__exit__(None, None, None)
            if kind is not None:
                self._discard()
                return
            try:
                write_manifest(self._new)
                # A user may have put something there while the build was made.
                self._require_replaceable()
            except (OSError, InputError) as error:
                self._discard()
                raise self._as_input_error(error) from None
            try:
                self._put_in_place()
            except OSError as error:
                raise self._as_input_error(error) from None

    def with_final_paths(self, text: str) -> str:
        """``text`` with :attr:`path` instead of the temporary folder, absolute or relative."""
        if self._staging is None:
            return text
        spellings = {str(self._new), os.path.relpath(self._new)}
        spellings |= {printable(" ".join(spelling.split())) for spelling in spellings}
        # One may be within the other, which is replaced first.
        for temporary in sorted(spellings, key=len, reverse=True):
            text = text.replace(temporary, str(self.path))
        return text

    @property
    def _new(self) -> Path:
        return self._staging.path / "new"

    @property
    def _old(self) -> Path:
        return self._staging.path / "old"

    def _enter(self):
        self._target = Path(os.path.realpath(self.path))
        with contextlib.suppress(FileNotFoundError):
            os.lstat(self._target)  # tells of a name that is too long, as nothing below does
        self._stays = os.path.ismount(self._target) or self._target == Path.cwd()
        self._made_parents = [p for p in self._target.parents if not os.path.exists(p)]
        # In a folder that stays, because beside it may be another file system.
        beside = self._target if self._stays else self._target.parent
        beside.mkdir(parents=True, exist_ok=True)
        name = self._target.name
        if len(os.fsencode(name)) > _LONG_NAME:
            name = hashlib.sha256(os.fsencode(name)).hexdigest()
        prefix = f".{name}."
        with _one_at_a_time(self._target.parent):
            for directory in {self._target.parent, self._target}:
                if in_use(directory, prefix):
                    raise InputError.at(
                        self.path, "", expected="a folder that no other build is writing",
                        got="one that another build is writing",
                    )
                for left in take_abandoned(directory, prefix):
                    self._recover(left)
            self._require_replaceable()
            self._staging = OwnedFolder.make(beside, prefix)
        # The folder made there is closed to other users; the build is not.
        self._new.mkdir()

    def _recover(self, left: OwnedFolder) -> None:
        """Remove what a killed process has left, after undoing what it did by half."""
        journal = left.path / _JOURNAL
        if journal.exists():
            moves = [
                (left.path / source, left.path / target)
                for source, target in json.loads(journal.read_text())
            ]
            if os.path.lexists(moves[-1][0]):
                _undo(moves)
                old = left.path / "old"
                if old.exists() and any(old.iterdir()):
                    raise InputError.at(
                        self.path, "", expected="nothing in the place of a build that was killed",
                        got=f"other files; the earlier build is in {old}",
                    )
        left.remove()

    def _require_replaceable(self) -> None:
        if not os.path.lexists(self._target):
            return
        expected = "an earlier build, an empty folder or nothing"
        if not self._target.is_dir():
            raise InputError.at(self.path, "", expected=expected, got="a file")
        staging = self._staging and self._staging.path
        if not any(entry != staging for entry in self._target.iterdir()):
            return
        if not _is_report(self._target / REPORT_FILE):
            raise InputError.at(self.path, "", expected=expected, got="other files")
        try:
            check_own(self._target, besides=staging)
        except ForeignFiles as foreign:
            raise InputError.at(
                self.path, "",
                expected="nothing but files of an earlier build (move others away, or give another "
                "--output)",
                got=str(foreign),
            ) from None

    def _put_in_place(self):
        moves = self._moves()
        done = []
        try:
            _write_journal(self._staging.path, moves)
            for source, target in moves:
                os.rename(source, target)
                done.append((source, target))
        except BaseException:
            # If this fails too, the earlier build is not deleted but left where it is.
            for source, target in reversed(done):
                os.rename(target, source)
            self._discard()
            raise
        self._staging.remove()

    def _moves(self) -> list[tuple[Path, Path]]:
        old = self._old
        if self._stays:
            old.mkdir()
            earlier = [e for e in self._target.iterdir() if e != self._staging.path]
            return [(entry, old / entry.name) for entry in earlier] + [
                (entry, self._target / entry.name) for entry in self._new.iterdir()
            ]
        earlier = [(self._target, old)] if self._target.exists() else []
        return [*earlier, (self._new, self._target)]

    def _discard(self):
        if self._staging is not None:
            self._staging.remove()
        for parent in self._made_parents:
            with contextlib.suppress(OSError):  # absent, or no longer empty
                parent.rmdir()

    def _as_input_error(self, error: OSError | InputError) -> InputError:
        if isinstance(error, InputError):
            return error
        if is_no_room(error):
            return no_room(self.path, error.strerror)
        got = error.strerror
        if self._staging is not None and self._old.exists():
            got += f"; the earlier build is in {self._old}"
        return InputError.at(self.path, "", expected="a folder that can be written", got=got)


def _is_report(path: Path) -> bool:
    if not path.is_file():
        return False
    try:
        figures = json.loads(path.read_text())
    except (ValueError, RecursionError):
        return False
    return isinstance(figures, dict) and figures.keys() >= _REPORT_KEYS


def _write_journal(staging: Path, moves: list[tuple[Path, Path]]) -> None:
    """Write down renames, by names that stay right when the folder above is moved."""
    text = json.dumps([[os.path.relpath(path, staging) for path in move] for move in moves])
    part = staging / f"{_JOURNAL}.part"
    part.write_text(text)
    part.replace(staging / _JOURNAL)


def _undo(moves: list[tuple[Path, Path]]) -> None:
    for source, target in reversed(moves):
        if os.path.lexists(target) and not os.path.lexists(source):
            os.rename(target, source)


@contextlib.contextmanager
def _one_at_a_time(directory: Path):
    """In it, no other process is in it for the same ``directory``, where locks are to be had."""
    descriptor = None
    with contextlib.suppress(OSError):
        descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        end = time.monotonic() + _LOCK_SECONDS
        while descriptor is not None and time.monotonic() < end:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                time.sleep(0.02)
            except OSError:
                break
            else:
                break
        yield
    finally:
        if descriptor is not None:
            os.close(descriptor)
