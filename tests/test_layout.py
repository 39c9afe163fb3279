"""Imports go one way, and TensorFlow stays where Keras models are trained or read."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MAY_IMPORT = {
    "models": set(),
    "quant": {"models"},
    "hdl": {"models", "quant"},
    "sim": {"models", "quant", "hdl"},
    "boards": {"models", "quant", "hdl"},
    "bench": {"models", "quant", "hdl", "sim", "boards", "build_decoder"},
    "build_decoder": {"models", "quant", "hdl", "sim", "boards"},
}
OURS = {*MAY_IMPORT, "tests"}


def imported(path: Path) -> set[str]:
    """Top-level names that a file imports, anywhere in it."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names.update(alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names.add(node.module.split(".")[0])
    return names


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_imports_go_one_way(package):
    files = list((ROOT / package).rglob("*.py"))
    assert files
    for path in files:
        forbidden = imported(path) & OURS - MAY_IMPORT[package] - {package}
        assert not forbidden, f"{path.relative_to(ROOT)} imports {forbidden}"


def test_quant_needs_numpy_alone():
    allowed = {"numpy", "models", "quant", *sys.stdlib_module_names}
    for path in (ROOT / "quant").rglob("*.py"):
        assert imported(path) <= allowed, path


def test_tensorflow_is_not_imported_on_the_way_to_a_bitstream():
    program = "import build_decoder.flow, sys; assert 'tensorflow' not in sys.modules"
    subprocess.run([sys.executable, "-c", program], check=True, cwd=ROOT)


def test_architectures_need_no_tensorflow():
    program = "import models.escape.resources, sys; assert 'tensorflow' not in sys.modules"
    subprocess.run([sys.executable, "-c", program], check=True, cwd=ROOT)


def test_no_floats_in_hdl():
    for path in (ROOT / "hdl").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            floating = isinstance(node, ast.Constant) and isinstance(node.value, float)
            assert not floating, f"{path.relative_to(ROOT)}:{node.lineno}"
