"""The documentation is a site without a warning, and the scientist's tutorial is followed."""

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from build_decoder.__main__ import main

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def blocks(page: Path, language: str) -> list[str]:
    return [text for found, text in _BLOCK.findall(page.read_text()) if found == language]


def test_the_site_is_made_without_a_warning(tmp_path):
    """A page that no page leads to, a link to nowhere or a heading out of order is a warning."""
    done = subprocess.run(
        [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-d", tmp_path / "read",
         DOCS, tmp_path / "site"],
        capture_output=True, text=True, check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    for page in DOCS.rglob("*.md"):
        made = (tmp_path / "site" / page.relative_to(DOCS)).with_suffix(".html")
        assert made.exists(), page
    assert 'href="tutorials/scientist.html"' in (tmp_path / "site" / "index.html").read_text()


def test_the_scientists_tutorial(tmp_path, monkeypatch, capsys):
    pytest.importorskip("sklearn")
    page = DOCS / "tutorials" / "scientist.md"
    train, on_the_board = blocks(page, "python")
    (tmp_path / "train.py").write_text(train)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    done = subprocess.run(
        [sys.executable, "train.py"], cwd=tmp_path, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert 0.7 < float(done.stdout.split()[1]) < 0.99  # hard enough to be of use
    assert np.load(tmp_path / "reach" / "golden.npz")["y"].shape == (1000, 4)
    # The command that takes seconds; those of hardware are run by other tests.
    (command,) = (
        line for text in blocks(page, "") for line in text.splitlines() if "quantise" in line
    )
    monkeypatch.chdir(tmp_path)
    assert main(command.split()[3:]) == 0
    table = capsys.readouterr().out
    for row in ("accuracy, held out", "decisions kept, held out", "bit width"):
        assert row in table
    compile(on_the_board, "page", "exec")
