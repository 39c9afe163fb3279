"""What `pip install` brings without extras is enough for the command and the hardware."""

import subprocess
import sys

PROGRAM = """
import importlib, importlib.abc, pkgutil, sys

EXTRAS = {
    "cocotbext", "distributed", "fxpmath", "h5py", "joblib", "onnx", "onnxruntime", "pylibfst",
    "pywellen", "scipy", "sklearn", "tensorflow", "z3",
}

class Missing(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name.partition(".")[0] in EXTRAS:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Missing())
names = ["build_decoder.command", "build_decoder.bench.energy", "build_decoder.bench.resources"]
for package in ("hdl", "quant"):
    found = importlib.import_module(f"build_decoder.{package}")
    names += [m.name for m in pkgutil.walk_packages(found.__path__, f"{found.__name__}.")]
for name in names:
    importlib.import_module(name)
print(len(names))
"""


def test_no_extra_is_imported():
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=False, timeout=120
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert int(done.stdout) > 200
