"""Objects that each bench is linked with, Verilator's runtime and cocotb's main program: compiled
once a machine.

make runs a shell script, as ``OBJCACHE`` of Verilator's makefiles, with each compiler's command. It
passes commands that compile these on to this file, and runs all others as they are::

    python -I -S runtime_cache.py FOLDER c++ ... -c -o verilated.o .../include/verilated.cpp

The object is kept in FOLDER, and found there again under a digest of all that decides it: the
compiler, the command, Verilator's sources, and headers of the bench itself, which the main program
includes: they tell of its ports.

Many builds may share the folder. An object appears in it whole, by a rename, and carries a digest
of its own: a damaged one is compiled anew. Where the folder cannot be written, nothing is kept.

Only the standard library is imported, since this runs once for each object.
"""

import contextlib
import hashlib
import os
import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

__all__ = ["caching_compiler", "compile_once"]

_DIGEST_BYTES = hashlib.sha256().digest_size
_INCLUDE_VARIABLES = ("CPATH", "CPLUS_INCLUDE_PATH")

_INCLUDED = re.compile(rb'^\s*#\s*include\s*"([^"]+)"', re.MULTILINE)

_LAUNCHER = """\
for source; do :; done
case $source in
"$VERILATOR_ROOT"/include/* | */lib/verilator/verilator.cpp) exec {command} "$@" ;;
esac
exec "$@"
"""


def caching_compiler(launcher: Path) -> str:
    """The command for ``OBJCACHE``: it runs ``launcher``, a shell script that is written here.

    Objects are kept in this user's cache folder. `VERILATOR_ROOT` tells the script which they are.
    """
    import platformdirs  # not where the script runs this file, see above

    folder = Path(platformdirs.user_cache_dir("build_decoder", appauthor=False), "verilator")
    command = [sys.executable, "-I", "-S", os.path.abspath(__file__), str(folder)]
    launcher.write_text(_LAUNCHER.format(command=shlex.join(command)))
    return f"sh {launcher}"


def compile_once(folder: Path, command: Sequence[str]) -> int:
    """Run a command that compiles such a file, or take what it would make from `folder`.

    Parameters
    ----------
    folder
        Where objects are kept; it need not exist.
    command
        Compiler and arguments, ``-o`` and an object's name among them; the last is the source.
        Headers of the bench itself lie in the working folder.

    Returns
    -------
    int
        The command's exit status.
    """
    target = Path(command[command.index("-o") + 1])
    kept = folder / f"{target.stem}-{_key(command)}.o"
    if _take(kept, target):
        return 0
    status = subprocess.call(command)
    if status == 0:
        _keep(target, kept)
    return status


def _key(command: Sequence[str]) -> str:
    """Digest of all that decides an object, but for the folders of Verilator and of the source."""
    *options, source = command
    root = os.environ["VERILATOR_ROOT"]
    compiler = [
        subprocess.run([command[0], question], capture_output=True).stdout
        for question in ("--version", "-dumpmachine")
    ]
    words = [word.replace(root, "VERILATOR_ROOT") for word in options]
    words += [os.environ.get(name, "") for name in _INCLUDE_VARIABLES]
    sources = sorted(
        path for path in Path(root, "include").rglob("*") if path.suffix in (".cpp", ".h")
    )
    parts = [*compiler, *map(os.fsencode, words), *(path.read_bytes() for path in sources)]
    digest = hashlib.sha256()
    for part in (*parts, *_own_texts(source)):
        digest.update(len(part).to_bytes(8, "little") + part)
    return digest.hexdigest()


def _own_texts(source: str) -> Iterator[bytes]:
    """The source, and the headers in the working folder that it includes, themselves or others."""
    waiting, seen = [source], set()
    while waiting:
        name = waiting.pop()
        if name not in seen and os.path.exists(name):
            seen.add(name)
            text = Path(name).read_bytes()
            waiting += map(os.fsdecode, _INCLUDED.findall(text))
            yield text


def _take(kept: Path, target: Path) -> bool:
    try:
        content = kept.read_bytes()
    except OSError:
        return False
    digest, compiled = content[:_DIGEST_BYTES], content[_DIGEST_BYTES:]
    if hashlib.sha256(compiled).digest() != digest:
        return False
    target.write_bytes(compiled)
    return True


def _keep(target: Path, kept: Path) -> None:
    compiled = target.read_bytes()
    with contextlib.suppress(OSError):
        kept.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, written = tempfile.mkstemp(dir=kept.parent)
        try:
            with open(handle, "wb") as file:
                file.write(hashlib.sha256(compiled).digest() + compiled)
            os.replace(written, kept)
        except BaseException:
            os.unlink(written)
            raise


if __name__ == "__main__":
    sys.exit(compile_once(Path(sys.argv[1]), sys.argv[2:]))
