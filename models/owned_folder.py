"""Temporary folders that tell whether the process that made them is still there.

A process that is killed outright removes nothing. Its folder has a lock on a file in it, which the
system gives back when the process ends, however it ends; whoever comes later can tell.
"""

import contextlib
import fcntl
import os
import re
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

__all__ = ["OwnedFolder", "in_use", "take_abandoned"]

_LOCK = "lock"
_MARK = b"build_decoder\n"
"""Content of the lock file, which tells our folders from those of others."""

_YOUNG = 60
"""Seconds that a folder is left alone in which there is no mark yet."""


class OwnedFolder:
    """A folder of this process alone, at `path`, with a lock in it.

    Parameters
    ----------
    path
        The folder.
    lock
        Descriptor of its locked file.
    """

    def __init__(self, path: Path, lock: int):
        self.path = path
        self._lock = lock

    @classmethod
    def make(cls, directory: Path, prefix: str) -> "OwnedFolder":
        """A new one in `directory`, called `prefix` and eight random characters.

        Raises
        ------
        OSError
            If it cannot be made; nothing is left then.
        """
        while True:
            path = Path(tempfile.mkdtemp(prefix=prefix, dir=directory))
            try:
                lock = os.open(path / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
                # Another process may have taken it for abandoned between these two lines.
                if _lock(lock) is not False:
                    os.write(lock, _MARK)
                    return cls(path, lock)
                os.close(lock)
            except FileNotFoundError:
                pass
            except OSError:
                shutil.rmtree(path, ignore_errors=True)
                raise

    def remove(self) -> None:
        """Remove it with all that is in it. It must not be used afterwards."""
        shutil.rmtree(self.path, ignore_errors=True)
        # Not before: without the lock, it is anybody's.
        with contextlib.suppress(OSError):
            os.close(self._lock)


def take_abandoned(directory: Path, prefix: str) -> Iterator[OwnedFolder]:
    """Folders in `directory` whose makers have ended; they belong to the caller now."""
    for path in _named(directory, prefix):
        try:
            lock = os.open(path / _LOCK, os.O_RDWR | os.O_NOFOLLOW)
        except OSError:
            continue
        if _lock(lock) and _is_ours(path, lock):
            yield OwnedFolder(path, lock)
        else:
            os.close(lock)


def in_use(directory: Path, prefix: str) -> bool:
    """Whether there is such a folder in `directory` whose maker is at work."""
    for path in _named(directory, prefix):
        with contextlib.suppress(OSError):
            lock = os.open(path / _LOCK, os.O_RDWR | os.O_NOFOLLOW)
            try:
                if _lock(lock) is False:
                    return True
            finally:
                os.close(lock)
    return False


def _named(directory: Path, prefix: str) -> list[Path]:
    """Folders that :meth:`OwnedFolder.make` could have made, of this user."""
    pattern = re.compile(re.escape(prefix) + r"[a-z0-9_]{8}", re.DOTALL)
    found = []
    with contextlib.suppress(OSError), os.scandir(directory) as entries:
        for entry in entries:
            named = pattern.fullmatch(entry.name) and entry.is_dir(follow_symlinks=False)
            if named and entry.stat(follow_symlinks=False).st_uid == os.geteuid():
                found.append(Path(entry.path))
    return found


def _lock(descriptor: int) -> bool | None:
    """Lock a file: whether it is ours now; None where the file system has no locks to tell by."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return None
    return True


def _is_ours(path: Path, lock: int) -> bool:
    status = os.fstat(lock)
    if not status.st_nlink:  # removed since
        return False
    if os.pread(lock, len(_MARK) + 1, 0) == _MARK:
        return True
    # Killed before it had a mark: nothing but the empty file is there.
    old = time.time() - status.st_mtime > _YOUNG
    return old and not status.st_size and os.listdir(path) == [_LOCK]
