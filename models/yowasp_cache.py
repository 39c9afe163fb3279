"""The folder in which YoWASP's tools keep their compiled code, which takes minutes to make.

They use a folder below the home directory. Where that cannot be written, they would compile
themselves anew each time or fail; then they are pointed at one in the temporary directory.
"""

import contextlib
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

__all__ = ["usable_yowasp_cache"]

_VARIABLE = "YOWASP_CACHE_DIR"
_ROOM = 2**28
"""Free bytes that are asked for where nothing was compiled yet; nextpnr and Yosys take most."""


@contextlib.contextmanager
def usable_yowasp_cache(directory: Path) -> Iterator[None]:
    """While in it, the variable ``YOWASP_CACHE_DIR`` names a folder that the tools can use.

    It is left alone if it, or the place that they choose without it, can be written. If not, it is
    a folder of this user in ``directory`` that is kept from one command to the next; what can be
    read in the former place is found there too.
    """
    import platformdirs  # here, since commands have to be quick until they know of signals

    named = os.environ.get(_VARIABLE)
    # As in yowasp_runtime.
    usual = Path(named or platformdirs.user_cache_dir("YoWASP", appauthor=False))
    if _is_usable(usual):
        yield
        return
    cache = directory / f"build_decoder-yowasp-{os.geteuid()}"
    if not _is_own(cache):
        # Another user's, who could put programs there for us to run: one for this command alone.
        cache = Path(tempfile.mkdtemp(prefix="yowasp-"))
    _link_compiled(usual, cache)
    os.environ[_VARIABLE] = str(cache)
    try:
        yield
    finally:
        if named is None:
            os.environ.pop(_VARIABLE, None)
        else:
            os.environ[_VARIABLE] = named


def _is_usable(cache: Path) -> bool:
    try:
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=cache):
            pass
        return next(_compiled(cache), None) is not None or shutil.disk_usage(cache).free >= _ROOM
    except OSError:
        return False


def _is_own(cache: Path) -> bool:
    with contextlib.suppress(OSError):
        cache.mkdir(mode=0o700, exist_ok=True)
        status = cache.lstat()
        return (
            stat.S_ISDIR(status.st_mode)
            and status.st_uid == os.geteuid()
            and not status.st_mode & 0o077
        )
    return False


def _link_compiled(usual: Path, cache: Path) -> None:
    with contextlib.suppress(OSError):
        for path in _compiled(usual):
            link = cache / path.relative_to(usual)
            link.parent.mkdir(parents=True, exist_ok=True)
            if not os.path.lexists(link):
                link.symlink_to(path)


def _compiled(cache: Path) -> Iterator[Path]:
    """Compiled modules, in folders of packages and of the files that they are compiled from."""
    return (path for path in cache.glob("*/*.wasm/*") if path.stat().st_size)
