"""Objects that all benches share are compiled once, and what is kept of them is never trusted."""

import os
import shutil
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from build_decoder.sim import runtime_cache
from build_decoder.sim.runtime_cache import caching_compiler, compile_once

COMPILER = """\
#!/bin/sh
case "$1" in
--version) echo "compiler 1.0"; exit;;
-dumpmachine) echo "x86_64"; exit;;
esac
echo "$@" >> "$CALLS"
while [ "$1" != -o ]; do shift; done
{ cat "$3"; echo compiled; } > "$2"
"""


class Machine:
    """A home folder, a stub compiler on the search path, and Verilator's sources."""

    def __init__(self, folder: Path, monkeypatch):
        self.folder = folder
        self.monkeypatch = monkeypatch
        self.compiler = folder / "bin" / "c++"
        self.compiler.parent.mkdir()
        self.script(COMPILER)
        self.calls_file = folder / "calls"
        monkeypatch.setenv("PATH", f"{self.compiler.parent}{os.pathsep}{os.environ['PATH']}")
        monkeypatch.setenv("CALLS", str(self.calls_file))
        monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
        for name in runtime_cache._INCLUDE_VARIABLES:
            monkeypatch.delenv(name, raising=False)
        self.home(folder / "home of somebody")
        self.root = folder / "verilator"
        (self.root / "include" / "vltstd").mkdir(parents=True)
        (self.root / "include" / "verilated.cpp").write_text("runtime\n")
        (self.root / "include" / "vltstd" / "svdpi.h").write_text("header\n")

    def script(self, text: str) -> None:
        self.compiler.write_text(text)
        self.compiler.chmod(0o755)

    def home(self, folder: Path) -> None:
        self.monkeypatch.setenv("HOME", str(folder))

    def start(self, build: Path, source: Path | None = None, flag="-O2", **options):
        """Start a compilation in the folder ``build``."""
        self.monkeypatch.setenv("VERILATOR_ROOT", str(self.root))
        build.mkdir(exist_ok=True)
        source = source or self.root / "include" / "verilated.cpp"
        return subprocess.Popen(
            f"{caching_compiler(build / 'compile.sh')} "
            f"c++ {flag} -I{self.root}/include -c -o {source.stem}.o {source}",
            cwd=build, shell=True, **options,
        )  # fmt: skip

    def compile(
        self, source: Path | None = None, *, flag="-O2", status=0, headers: Mapping[str, str] = {}
    ) -> str | None:
        """What a new build, which has such headers, gets for the source, the runtime's if None."""
        build = self.folder / "build"
        build.mkdir()
        for name, text in headers.items():
            (build / name).write_text(text)
        assert self.start(build, source, flag).wait() == status
        target = build / f"{source.stem if source else 'verilated'}.o"
        compiled = target.read_text() if target.exists() else None
        shutil.rmtree(build)
        return compiled

    def calls(self) -> int:
        return len(self.calls_file.read_text().splitlines()) if self.calls_file.exists() else 0

    def kept(self) -> list[Path]:
        return [path for path in (self.folder / "home of somebody").rglob("*") if path.is_file()]


@pytest.fixture
def machine(tmp_path, monkeypatch):
    return Machine(tmp_path, monkeypatch)


def test_the_runtime_is_compiled_once(machine):
    assert machine.compile() == machine.compile() == "runtime\ncompiled\n"
    assert machine.calls() == 1
    assert len(machine.kept()) == 1


def test_wherever_verilator_is_installed(machine):
    machine.compile()
    machine.root = shutil.move(machine.root, machine.folder / "environment")
    assert machine.compile() == "runtime\ncompiled\n"
    assert machine.calls() == 1


def test_all_that_decides_an_object_tells_it_from_others(machine):
    machine.compile()
    include = machine.root / "include"
    for change in (
        lambda: (include / "verilated.cpp").write_text("newer\n"),
        lambda: (include / "vltstd" / "svdpi.h").write_text("newer header\n"),
        lambda: machine.script(COMPILER.replace("1.0", "1.1")),
        lambda: machine.script(COMPILER.replace("x86_64", "aarch64")),
        lambda: machine.monkeypatch.setenv("CPATH", "/headers"),
    ):
        change()
        before = machine.calls()
        assert machine.compile() == machine.compile() == (
            (include / "verilated.cpp").read_text() + "compiled\n"
        )
        assert machine.calls() == before + 1
    before = machine.calls()
    machine.compile(flag="-O0")
    assert machine.calls() == before + 1


def test_sources_of_a_bench_are_compiled_each_time(machine):
    source = machine.folder / "verilated.cpp"
    for text in ("first\n", "second\n"):
        source.write_text(text)
        assert machine.compile(source) == f"{text}compiled\n"
    assert machine.kept() == []


def test_the_main_program_is_compiled_once_for_benches_of_equal_ports(machine):
    text = '#include <stdio.h>\n  # include "Vtop.h"\n#include "verilated.h"\n'
    for place in ("cocotb", "another_cocotb"):
        source = machine.folder / place / "lib" / "verilator" / "verilator.cpp"
        source.parent.mkdir(parents=True)
        source.write_text(text)
        headers = {"Vtop.h": '#include "ports.h"\n', "ports.h": "clk\n", "Vtop__Syms.h": place}
        assert machine.compile(source, headers=headers) == f"{text}compiled\n"
    assert machine.calls() == len(machine.kept()) == 1
    for changed in (
        {"Vtop.h": '#include "ports.h"\n// newer\n'}, {"ports.h": "clk, rst\n"}, {"Vtop.h": ""}
    ):
        before = machine.calls()
        machine.compile(source, headers=headers | changed)
        assert machine.calls() == before + 1
    source.write_text(f"{text}newer\n")
    assert machine.compile(source, headers=headers) == f"{text}newer\ncompiled\n"


def test_a_compiler_that_fails_leaves_nothing(machine):
    machine.script(COMPILER + "exit 3\n")
    machine.compile(status=3)
    assert machine.kept() == []
    machine.script(COMPILER)
    assert machine.compile() == "runtime\ncompiled\n"


@pytest.mark.parametrize(
    "damage",
    [
        lambda whole: b"",
        lambda whole: whole[:10],
        lambda whole: whole[:-1],
        lambda whole: whole + b"\0",
        lambda whole: whole[:-1] + bytes([whole[-1] ^ 1]),
        lambda whole: bytes([whole[0] ^ 1]) + whole[1:],
        lambda whole: bytes(len(whole)),
    ],
)
def test_a_damaged_object_is_told_from_a_good_one_and_mended(machine, damage):
    machine.compile()
    (kept,) = machine.kept()
    whole = kept.read_bytes()
    kept.write_bytes(damage(whole))
    assert machine.compile() == "runtime\ncompiled\n"
    assert kept.read_bytes() == whole
    assert machine.calls() == 2


def test_a_home_that_cannot_be_written_is_done_without(machine):
    machine.home(Path("/dev/null/x"))
    assert machine.compile() == machine.compile() == "runtime\ncompiled\n"
    assert machine.calls() == 2


def test_a_full_disk_is_done_without(machine, monkeypatch, tmp_path):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", full)
    monkeypatch.setenv("VERILATOR_ROOT", str(machine.root))
    target, folder = tmp_path / "verilated.o", tmp_path / "cache"
    source = machine.root / "include" / "verilated.cpp"
    assert compile_once(folder, ["c++", "-o", str(target), str(source)]) == 0
    assert target.read_text() == "runtime\ncompiled\n"
    assert list(folder.iterdir()) == []


def wait_for(condition) -> None:
    for _ in range(1000):
        if condition():
            return
        signal.sigtimedwait([], 0.01)
    pytest.fail("waited in vain")


def test_a_build_that_is_killed_half_way_leaves_nothing(machine):
    machine.script(COMPILER.replace("echo compiled", "echo half; sleep 60; echo compiled"))
    killed = machine.folder / "killed"
    process = machine.start(killed, start_new_session=True)
    wait_for(lambda: (killed / "verilated.o").exists())
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert machine.kept() == []
    machine.script(COMPILER)
    assert machine.compile() == "runtime\ncompiled\n"


def test_builds_at_once_get_whole_objects(machine):
    # Each waits in the compiler until the other is there too.
    meet = 'while [ "$(wc -l < "$CALLS")" -lt 2 ]; do sleep 0.01; done\n'
    machine.script(COMPILER.replace("while", f"{meet}while"))
    builds = [machine.folder / name for name in ("one", "two")]
    processes = [machine.start(build) for build in builds]
    assert [process.wait(60) for process in processes] == [0, 0]
    for build in builds:
        assert (build / "verilated.o").read_text() == "runtime\ncompiled\n"
    assert len(machine.kept()) == 1
    assert machine.compile() == "runtime\ncompiled\n"
    assert machine.calls() == 2
