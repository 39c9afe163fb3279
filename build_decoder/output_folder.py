"""The output folder: a whole build or, after bad input, what was there before."""

import shutil
from pathlib import Path

from build_decoder.report import REPORT_FILE
from models.errors import InputError

__all__ = ["OutputFolder"]


class OutputFolder:
    """Collects a build beside ``path`` and puts it in place at the end.

    A context manager whose value is the folder to write to. Leaving it by an exception discards
    that folder, and folders above it that were made for it; :attr:`path` is then as it was.

    Raises
    ------
    InputError
        If ``path`` cannot be written, or holds something else than an earlier build.
    """

    def __init__(self, path: Path):
        self.path = path
        self._partial = path.with_name(path.name + ".partial")
        self._made_parents = [p for p in path.absolute().parents if not p.exists()]

    def __enter__(self) -> Path:
        if self.path.exists() and not self._is_earlier_build():
            raise InputError(
                f"{self.path}: expected an earlier build, an empty folder or nothing, got "
                f"{'other files' if self.path.is_dir() else 'a file'}"
            )
        try:
            shutil.rmtree(self._partial, ignore_errors=True)
            self._partial.mkdir(parents=True)
        except OSError as error:
            self._discard()
            raise InputError(
                f"{self.path}: expected a folder that can be written, got {error.strerror}"
            ) from None
        return self._partial

    def __exit__(self, kind, value, traceback):
        if kind is not None:
            self._discard()
            return
        shutil.rmtree(self.path, ignore_errors=True)
        self._partial.rename(self.path)

    def _is_earlier_build(self) -> bool:
        if not self.path.is_dir():
            return False
        return (self.path / REPORT_FILE).is_file() or not any(self.path.iterdir())

    def _discard(self):
        shutil.rmtree(self._partial, ignore_errors=True)
        for parent in self._made_parents:
            if parent.is_dir() and not any(parent.iterdir()):
                parent.rmdir()
