"""pynq and what it needs, installed by pip where these tests find them again.

They are no dependency of the project: they want old or other versions of what it has, and boards of
their own. Each set of packages has a folder below the user's cache.
"""

import functools
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import platformdirs
import pytest

ROOT = Path(__file__).parents[1]
PIP_SECONDS = 300

# With what it needs, then without: of that, all but these is for notebooks and other boards.
METADATA_0_1_9 = (("pydantic==1.10.24",), ("pynqmetadata==0.1.9",))
METADATA_0_2_0 = (("pydantic>=2",), ("pynqmetadata==0.2.0",))
PYNQ_4_0_0 = (
    ("pydantic>=2", "tqdm", "cffi", "pycparser<3", "nest_asyncio", "python-magic", "setuptools<81"),
    ("pynq==4.0.0", "pynqmetadata==0.2.0", "pynqutils==0.1.3"),
)

IPYTHON = "def display(*args, **more): ...\n\n\nJavascript = HTML = display\n"


@functools.cache
def installed(packages) -> Path:
    """Folder with ``packages``; the test is skipped where pip cannot install them."""
    name = hashlib.sha256(repr((packages, sys.version_info[:2])).encode()).hexdigest()[:16]
    folder = Path(platformdirs.user_cache_dir("build_decoder")) / "tests" / f"pynq-{name}"
    if folder.exists():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    part = Path(tempfile.mkdtemp(dir=folder.parent))
    try:
        for options, names in zip(((), ("--no-deps",)), packages, strict=True):
            _pip(part, *options, *names)
        (part / "IPython").mkdir()
        (part / "IPython" / "__init__.py").touch()
        (part / "IPython" / "display.py").write_text(IPYTHON)
        # Another worker may have been faster.
        if not folder.exists():
            part.rename(folder)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return folder


def _pip(folder: Path, *arguments: str) -> None:
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    try:
        done = subprocess.run(
            [*command, "--no-input", "--upgrade", "--target", str(folder), *arguments],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=PIP_SECONDS,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        pytest.skip(f"pip did not install {' '.join(arguments)} in {PIP_SECONDS} s")
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no reason"])[-1]
        pytest.skip(f"pip cannot install {' '.join(arguments)}: {last}")


def run_with(packages, program: str, *arguments: str, cwd: Path) -> str:
    """What a program prints that finds ``packages``, this project and these tests."""
    path = [str(installed(packages)), str(ROOT), str(ROOT / "tests")]
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments], cwd=cwd, capture_output=True, text=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(path)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout
