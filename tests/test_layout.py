"""Imports go one way, and TensorFlow stays where Keras models are trained or read.

A command is above all packages, whichever folder its file is in: ``python -m build_decoder.sim.
verify`` takes the options that `build_decoder.options` has. Nothing imports it.
"""

import ast
import re
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
    "build_decoder": {"models", "quant", "hdl", "sim", "boards"},
    "bench": {"models", "quant", "hdl", "sim", "boards", "build_decoder"},
}
PARTS = {*MAY_IMPORT} - {"build_decoder"}


def imported(path: Path) -> set[str]:
    """Modules that a file imports, anywhere in it, by their full names."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return names


def part_of(module: str) -> str:
    """The package of ours that a module is in, or else its top-level name."""
    top, *below = module.split(".")
    return below[0] if top == "build_decoder" and below and below[0] in PARTS else top


def is_command(path: Path) -> bool:
    """Whether a file is run as ``python -m``."""
    return "__name__ == \"__main__\"" in path.read_text()


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_imports_go_one_way(package):
    files = list((ROOT / package).rglob("*.py"))
    assert files
    for path in files:
        if is_command(path):
            continue
        parts = {part_of(module) for module in imported(path)}
        forbidden = parts & {*MAY_IMPORT, "tests"} - MAY_IMPORT[package] - {package}
        assert not forbidden, f"{path.relative_to(ROOT)} imports {forbidden}"


def test_what_imports_from_above_is_a_command_that_nothing_imports():
    commands = {}
    for package in {*MAY_IMPORT} - {"build_decoder", "bench"}:
        for path in (ROOT / package).rglob("*.py"):
            parts = {part_of(module) for module in imported(path)}
            if is_command(path) and parts & {*MAY_IMPORT} - MAY_IMPORT[package] - {package}:
                module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
                commands[f"build_decoder.{module}"] = path
    assert "build_decoder.sim.verify" in commands
    for package in MAY_IMPORT:
        for path in (ROOT / package).rglob("*.py"):
            for module in imported(path):
                taken = [name for name in commands if f"{module}.".startswith(f"{name}.")]
                assert not taken, f"{path.relative_to(ROOT)} imports {taken}"


def test_modules_have_one_name():
    """None is imported by the name of its folder, which only a checkout on the path would have."""
    for folder in (*MAY_IMPORT, "tests"):
        for path in (ROOT / folder).rglob("*.py"):
            tops = {module.split(".")[0] for module in imported(path)}
            assert not tops & PARTS, f"{path.relative_to(ROOT)} imports {tops & PARTS}"


FPGA_WORD = re.compile(
    r"(?<![a-z])(luts?|dsps?|dsp48\w*|b?rams?|ramb\w*|xc7\w*|ecp5|ice40|fpgas?|xilinx|lattice)"
    r"(?![a-z])",
    re.IGNORECASE,
)


@pytest.mark.parametrize(
    ("text", "there"),
    [("_ROM_LUTS = 1", True), ("of DSP48E1s", True), ("an FPGA's", True), ("in block RAM", True),
     ("absolute, a program, solutions, DATA_DIR", False)],
)
def test_words_of_fpgas(text, there):
    assert bool(FPGA_WORD.search(text)) == there


def test_quant_knows_no_fpga():
    paths = [path for path in (ROOT / "quant").rglob("*") if path.suffix in (".py", ".json")]
    assert len(paths) > 30
    for path in paths:
        for number, line in enumerate(path.read_text().splitlines(), start=1):
            assert not FPGA_WORD.search(line), f"{path.relative_to(ROOT)}:{number}: {line}"


def test_quant_needs_numpy_alone():
    allowed = {"numpy", "models", "quant", *sys.stdlib_module_names}
    for path in (ROOT / "quant").rglob("*.py"):
        assert {part_of(module) for module in imported(path)} <= allowed, path


@pytest.mark.parametrize("module", ["flow", "models.nerve_cuff.resources"])
def test_tensorflow_is_not_imported_on_the_way_to_a_bitstream(module):
    program = f"import build_decoder.{module}, sys; assert 'tensorflow' not in sys.modules"
    subprocess.run([sys.executable, "-c", program], check=True, cwd=ROOT)


def modules_below(*folders: str) -> list[str]:
    """Names of the modules in folders of the checkout."""
    paths = [path for folder in folders for path in (ROOT / folder).rglob("*.py")]
    parts = [("build_decoder", *path.relative_to(ROOT).with_suffix("").parts) for path in paths]
    return [".".join(part).removesuffix(".__init__") for part in parts]


def test_plans_are_made_without_amaranth():
    modules = modules_below("hdl/planning")
    for kind in ("layers", "adapters", "activations", "heap"):
        plans = [name for name in modules_below(f"hdl/{kind}") if name.endswith(".plan")]
        assert plans, kind
        modules += plans
    assert "build_decoder.hdl.planning.design" in modules
    program = (
        f"import importlib, sys\nfor name in {modules}:\n    importlib.import_module(name)\n"
        "loaded = [name for name in sys.modules if name.split('.')[0] == 'amaranth']\n"
        "assert not loaded, loaded"
    )
    subprocess.run([sys.executable, "-c", program], check=True, cwd=ROOT)


def is_estimate(path: Path) -> bool:
    """Whether a file in ``hdl`` estimates areas, which are not whole."""
    return path.relative_to(ROOT / "hdl").as_posix().startswith("planning/area")


def test_no_floats_in_hdl():
    paths = [path for path in (ROOT / "hdl").rglob("*.py") if not is_estimate(path)]
    assert len(paths) > 30
    for path in paths:
        for node in ast.walk(ast.parse(path.read_text())):
            floating = isinstance(node, ast.Constant) and isinstance(node.value, float)
            assert not floating, f"{path.relative_to(ROOT)}:{node.lineno}"
