"""The folder that is copied to a PYNQ board, used as there, over a model of the bus."""

import ast
import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from bus_model import BusModel, image

from build_decoder import boards
from build_decoder.boards.driver import connect
from build_decoder.boards.driver_file import DriverFile
from build_decoder.boards.pynq import folder as folder_module
from build_decoder.boards.pynq import modules
from build_decoder.boards.pynq.folder import write_board_folder
from build_decoder.boards.pynq.steps import Golden
from build_decoder.boards.zynq.fclk import fclk_dividers
from build_decoder.models.errors import InputError

TESTS = Path(__file__).parent
FILES = {
    "README.md", "decoder.hwh", "decoder.ipynb", "decoder_lib", "decoder_pynq.py", "driver.json",
    "golden.npz", "other_weights.npz", "selftest.py",
}  # fmt: skip


@pytest.fixture(scope="module")
def model():
    return BusModel(reloadable=True)


@pytest.fixture(scope="module")
def folder(model, tmp_path_factory):
    path = tmp_path_factory.mktemp("board") / "pynq"
    path.mkdir()
    (path / "stale.txt").touch()
    x_raw = np.arange(-16, 14).reshape(5, 6)
    later = BusModel(reloadable=True)
    later._received = image().tolist()
    assert later._commit() == 0
    other = Golden(x_raw, later.compute(x_raw), image())
    write_board_folder(path, boards.get("pynq_z1"), model.model, model.known, fclk_dividers(100))
    folder_module._write_other_weights(path, other)
    return path


def run_there(folder: Path, program: str, *path: Path) -> str:
    """What a program prints that runs in ``folder`` with ``path`` alone to import from besides."""
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=folder, capture_output=True, text=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(map(str, path))},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_files(folder, model):
    assert {path.name for path in folder.iterdir()} == FILES
    assert DriverFile.load(folder) == model.known
    with np.load(folder / "golden.npz") as golden:
        assert golden["x_raw"].shape == (64, 6)
        np.testing.assert_array_equal(model.compute(golden["x_raw"]), golden["y_raw"])
    readme = (folder / "README.md").read_text()
    assert "# Decoder sums on PYNQ-Z1" in readme
    assert "9 cycles a frame at\n100 MHz: 0.09 us" in readme
    assert "UART" not in readme


def test_golden_frames_are_the_first_that_are_given(model, tmp_path):
    x_raw = np.arange(18).reshape(3, 6) - 9
    write_board_folder(
        tmp_path, boards.get("pynq_z1"), model.model, model.known, fclk_dividers(100), x_raw
    )
    with np.load(tmp_path / "golden.npz") as golden:
        np.testing.assert_array_equal(golden["x_raw"], x_raw[np.arange(64) % 3])


def test_modules_are_those_of_the_project_and_for_python_3_10():
    for name, text in modules.board_modules().items():
        ast.parse(text, feature_version=(3, 10))
        assert "from build_decoder" not in text, name
    assert "amaranth" not in "".join(modules.board_modules())


def test_imports_from_packages_are_refused():
    text = "from build_decoder.boards import axi\n"
    with pytest.raises(ValueError, match=r"^one: expected imports from modules, got .*\.boards,"):
        modules._imported("one", text)


def test_the_driver_needs_numpy_alone(folder):
    """Beside pynq, which a stand-in of four names is here."""
    told = run_there(folder, """
import sys, types
sys.modules["pynq"] = pynq = types.ModuleType("pynq")
pynq.MMIO = pynq.Clocks = pynq.allocate = None
pynq.DefaultIP = object
before = set(sys.modules)
import decoder_pynq, selftest
tops = {name.partition(".")[0] for name in set(sys.modules) - before}
print(sorted(tops - set(sys.stdlib_module_names)))
""")
    assert told == "['decoder_lib', 'decoder_pynq', 'numpy', 'selftest']\n"


DRIVER = """
import json, sys
import fake_pynq
sys.path.insert(0, ".")
import decoder_pynq
import numpy as np
from pynq import Clocks, Overlay

decoder = Overlay("decoder.bit").decoder
golden = np.load("golden.npz")
y_raw = decoder.infer_raw(golden["x_raw"])
found = {
    "mismatches": int((y_raw != golden["y_raw"]).sum()),
    "afi": [fake_pynq.AFI[0], fake_pynq.AFI[0x14]],
    "self_test": decoder.self_test(),
}
from bus_model import image
decoder.load_weights(image())
decoder.verify_weights()
found["changed"] = bool((decoder.infer(np.zeros(6)) != 0).all())
decoder.rollback()
Clocks.fclk0_mhz = 90.9
try:
    Overlay("decoder.bit").decoder.infer(np.zeros(6))
except Exception as error:
    found["clock"] = str(error)
json.dump(found, sys.stdout)
"""


def test_the_driver_class(folder):
    found = json.loads(run_there(folder, DRIVER, TESTS, TESTS.parent))
    told = found.pop("self_test")
    assert [line.partition(":")[0] for line in told][:2] == ["identity", "scratch"]
    assert len(told) == 7
    assert found == {
        "mismatches": 0,
        "afi": [0b1000, 0xF00],
        "changed": True,
        "clock": "expected FCLK0 of 100 MHz, got 90.9 MHz: does the boot image set another IO PLL?",
    }


def test_the_notebook(folder):
    notebook = json.loads((folder / "decoder.ipynb").read_text())
    assert (notebook["nbformat"], notebook["nbformat_minor"]) == (4, 4)
    assert {*notebook} == {"cells", "metadata", "nbformat", "nbformat_minor"}
    program = ["import fake_pynq, sys", "sys.path.insert(0, '.')"]
    for cell in notebook["cells"]:
        assert cell["cell_type"] in ("markdown", "code")
        assert isinstance(cell["source"], list)
        if cell["cell_type"] == "code":
            assert (cell["outputs"], cell["execution_count"]) == ([], None)
            program.append("".join(cell["source"]))
    told = run_there(folder, "\n".join(program), TESTS, TESTS.parent)
    assert "sums: 6 inputs in sQ3.2, 2 outputs in sQ6.4" in told
    assert "64 frames, 0 mismatches" in told
    assert "in the decoder 0.09 us" in told


def test_a_uart_is_not_looked_for_on_the_bus(folder):
    with pytest.raises(InputError, match="expected the build of a UART, got one with shell axi"):
        connect(SimpleNamespace(read=None, write=None), folder)
