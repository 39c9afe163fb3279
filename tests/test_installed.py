"""What an installation has, and that nothing in a user's folder takes its place."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.sweeps import swept

ROOT = Path(__file__).parents[1]
OTHERS = (
    "models.py", "quant.py", "hdl.py", "bench.py", "sim/__init__.py", "boards/__init__.py",
    "boards/driver.py",
)


@pytest.fixture(scope="module")
def installed(tmp_path_factory) -> Path:
    """A folder for the path of modules that has what ``pip install .`` installs."""
    folder = tmp_path_factory.mktemp("installed")
    source = folder / "source"
    source.mkdir()
    tracked = [
        "pyproject.toml", "setup.py", "README.md", "LICENSE",
        *("models", "quant", "hdl", "sim", "boards", "bench", "build_decoder"),
    ]
    for name in tracked:
        # Not built in place, which would leave folders behind.
        (source / name).symlink_to(ROOT / name)
    command = [
        sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation",
        "--disable-pip-version-check", "--wheel-dir", str(folder / "wheel"), str(source),
    ]
    subprocess.run(command, check=True)
    (wheel,) = (folder / "wheel").iterdir()
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "site")
    return folder / "site"


@pytest.fixture
def others(tmp_path) -> Path:
    """A user's folder with modules of the names that folders of the checkout have."""
    for name in OTHERS:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("raise SystemExit('a module of the user was imported')\n")
    return tmp_path


def run(folder: Path, path: Path, *arguments: str) -> str:
    environment = {**os.environ, "PYTHONPATH": str(path)}
    command = [sys.executable, "-W", "error", *arguments]
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr + done.stdout
    return done.stdout


def test_one_package_is_installed(installed):
    names = {path.name for path in installed.iterdir() if path.suffix != ".dist-info"}
    assert names == {"build_decoder"}


def test_everything_in_the_checkout_is_installed(installed):
    for part in ("models", "quant", "hdl", "sim", "boards", "bench"):
        there = installed / "build_decoder" / part
        ours = {path.relative_to(ROOT / part) for path in (ROOT / part).rglob("*.py")}
        assert ours == {path.relative_to(there) for path in there.rglob("*.py")}
    zoo = Path("models/zoo")
    for path in (ROOT / zoo).rglob("*.np?"):
        assert (installed / "build_decoder" / path.relative_to(ROOT)).is_file()


@pytest.mark.parametrize("path", swept(["installed", "checkout"], 2))
def test_modules_of_a_user_do_not_disturb(path, installed, others):
    path = installed if path == "installed" else ROOT
    assert "pynq_z1" in run(others, path, "-m", "build_decoder", "--list-boards")
    program = (
        "from build_decoder.boards.driver import connect\n"
        "from build_decoder.models import load_network\n"
        "import build_decoder.flow, build_decoder\n"
        f"assert build_decoder.__file__.startswith({str(path)!r})\n"
        "print(connect.__module__, load_network('tiny').name)\n"
    )
    (others / "script.py").write_text(program)
    assert run(others, path, "script.py") == "build_decoder.boards.driver.connection tiny\n"
    assert "usage" in run(others, path, "-m", "build_decoder.sim.verify", "--help")


def test_a_simulation_runs_where_modules_of_a_user_lie(installed, others):
    run(
        others, installed, "-m", "build_decoder", "--network", "tiny", "--stop-after", "simulate",
        "--output", "out",
    )
    assert (others / "out" / "report.json").is_file()
