"""Toolchains for 7-series FPGAs as users have them installed, and what their results tell."""

import ast
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import xilinx_rig
from boards_rig import SumsDecoder, sums_model
from xilinx_stand_ins import (
    HIMBAECHEL_TOOLS,
    OPEN_TOOLS,
    PART,
    install,
    make_chipdb,
    make_database,
)

from build_decoder import boards
from build_decoder.boards.reports import PlacedResources
from build_decoder.boards.toolchain import place_and_route, synthesise
from build_decoder.boards.xilinx import open_tools
from build_decoder.models.errors import ToolError

machine = xilinx_rig.machine
PYNQ = boards.get("pynq_z1")
BELOW = "share/nextpnr/external/prjxray-db"


def calls(build: Path, tool: str) -> list[list[str]]:
    """What ``tool`` was called with to make something."""
    lines = [json.loads(line) for line in (build / "calls.txt").read_text().splitlines()]
    made = [call for call in lines if call[0] == tool and call[1:] != ["--version"]]
    return [call for call in made if call != [tool, "--device", PART]]


def apio(machine):
    """By its variable alone: the programs are elsewhere."""
    prefix = machine.root / "home/user/.local/openxc7"
    install(machine.root / "home/user/bin", *OPEN_TOOLS)
    make_database(prefix / BELOW)
    make_chipdb(prefix / "chipdb")
    machine.on_path(machine.root / "home/user/bin")
    machine.monkeypatch.setenv("TOOLS_OPENXC7", str(prefix))
    return prefix / "chipdb/xc7z020clg400.bin", prefix / BELOW


def apio_without_its_variable(machine):
    prefix = machine.root / "home/user/.local/openxc7"
    install(prefix / "bin", *OPEN_TOOLS)
    make_database(prefix / BELOW)
    make_chipdb(prefix / "chipdb")
    machine.on_path(prefix / "bin")
    return prefix / "chipdb/xc7z020clg400.bin", prefix / BELOW


def apio_by_links(machine):
    found = apio_without_its_variable(machine)
    for tool in OPEN_TOOLS:
        real = machine.root / "home/user/.local/openxc7/bin" / tool
        real.rename(real.with_name(f"{tool}.real"))
        (machine.root / "bin" / tool).symlink_to(real.with_name(f"{tool}.real"))
    return found


def nix_with_chipdb(machine):
    store = machine.root / "nix/store"
    for tool in OPEN_TOOLS:
        install(store / f"abc-{tool}/bin", tool)
        machine.on_path(store / f"abc-{tool}/bin")
    make_database(store / "abc-nextpnr-xilinx" / BELOW)
    machine.monkeypatch.setenv("NEXTPNR_XILINX_DIR", str(store / "abc-nextpnr-xilinx"))
    machine.monkeypatch.setenv("PRJXRAY_DB_DIR", str(store / "abc-nextpnr-xilinx" / BELOW))
    make_chipdb(machine.root / "made", "xc7z020")
    machine.monkeypatch.setenv("CHIPDB_DIR", str(machine.root / "made"))
    return machine.root / "made/xc7z020.bin", store / "abc-nextpnr-xilinx" / BELOW


def nix_by_its_folder(machine):
    found = nix_with_chipdb(machine)
    machine.monkeypatch.delenv("PRJXRAY_DB_DIR")
    install(machine.root / "bin", *OPEN_TOOLS)
    return found


def container(machine):
    install(machine.root / "usr/local/bin", *OPEN_TOOLS)
    machine.on_path(machine.root / "usr/local/bin")
    make_database(machine.root / "prjxray-db")
    make_chipdb(machine.root / "chipdb/zynq7", PART)
    machine.monkeypatch.setenv("PRJXRAY_DB_DIR", str(machine.root / "prjxray-db"))
    machine.monkeypatch.setenv("ZYNQ7_CHIPDB", str(machine.root / "chipdb/zynq7"))
    return machine.root / f"chipdb/zynq7/{PART}.bin", machine.root / "prjxray-db"


def snap(machine):
    install(machine.root / "snap/bin", *OPEN_TOOLS, prefix="openxc7.")
    machine.on_path(machine.root / "snap/bin")
    database = machine.root / "snap/openxc7/current/opt/nextpnr-xilinx/external/prjxray-db"
    make_database(database)
    make_chipdb(machine.root / "home/user/chipdb")
    machine.monkeypatch.setenv("NEXTPNR_XILINX_CHIPDB_DIR", str(machine.root / "home/user/chipdb"))
    return machine.root / "home/user/chipdb/xc7z020clg400.bin", database


def from_source(machine):
    prefix = machine.root / "opt/openxc7"
    install(prefix / "bin", *OPEN_TOOLS)
    make_database(prefix / "share/nextpnr/prjxray-db")
    make_chipdb(prefix / "made here")
    # Variables that it does not export, what it says, and what it fails at do no harm.
    (prefix / "export.sh").write_text(
        f'echo welcome\nfalse\nPATH="$PATH:{prefix}/bin"\nCHIPDB_DIR="{prefix}/made here"\n'
    )
    machine.monkeypatch.setenv("AMARANTH_ENV_XRAY", str(prefix / "export.sh"))
    return prefix / "made here/xc7z020clg400.bin", prefix / "share/nextpnr/prjxray-db"


@pytest.mark.parametrize(
    "installation",
    [
        apio, apio_without_its_variable, apio_by_links, nix_with_chipdb, nix_by_its_folder,
        container, snap, from_source,
    ],
)  # fmt: skip
def test_installations_of_nextpnr_xilinx(installation, machine, tmp_path):
    chipdb, database = installation(machine)
    build = machine.package(tmp_path / "build")
    report = place_and_route(PYNQ, build)
    assert (report.toolchain, report.version) == ("nextpnr-xilinx", "0.8.2")
    assert report.bitstream.read_bytes().startswith(b"\xaa\x99\x55\x66" + PART.encode())
    (place,) = calls(build, "nextpnr-xilinx")
    assert place[place.index("--chipdb") + 1] == str(chipdb)
    (frames,) = calls(build, "fasm2frames")
    assert frames[1:] == ["--part", PART, "--db-root", str(database / "zynq7"), "top.fasm"]
    (bits,) = calls(build, "xc7frames2bit")
    assert bits[bits.index("--part_file") + 1] == str(database / "zynq7" / PART / "part.yaml")


def test_scripts_find_the_same_by_themselves(machine, tmp_path):
    snap(machine)
    build = machine.package(tmp_path / "build")
    machine.monkeypatch.setenv("PYTHON", sys.executable)
    for arguments in (["--check"], []):
        script = ["sh", "build/build_nextpnr_xilinx.sh", *arguments]
        subprocess.run(script, cwd=tmp_path, check=True, capture_output=True)
        assert (build / "top.bit").exists() == (not arguments)


def test_nix_shell_has_no_chip_database(machine, tmp_path):
    nix_with_chipdb(machine)
    machine.monkeypatch.delenv("CHIPDB_DIR")
    report = place_and_route(PYNQ, machine.package(tmp_path / "build"))
    assert report.bitstream is None
    assert (
        "nextpnr-xilinx: no chip database of nextpnr-xilinx: no xc7z020.bin, xc7z020clg400.bin or "
        f"xc7z020clg400-1.bin in {machine.root}/nix/store/abc-nextpnr-xilinx/chipdb, "
    ) in report.missing
    assert "\n" not in report.missing


def test_a_database_without_the_part_is_no_database(machine, tmp_path):
    prefix = apio_without_its_variable(machine)[0].parents[1]
    shutil.rmtree(prefix / BELOW)
    make_database(prefix / BELOW, "xc7z010clg400-1")
    machine.monkeypatch.setenv("DB_DIR", str(machine.root / "nowhere"))
    build = machine.package(tmp_path / "build")
    report = place_and_route(PYNQ, build)
    assert report.bitstream is None
    assert (
        f"nextpnr-xilinx: no database of Project X-Ray: no zynq7/{PART}/part.yaml in "
        f"{machine.root}/nowhere, {prefix}/{BELOW}, "
    ) in report.missing
    # The first folder that has it, in the order of the message.
    make_database(machine.root / "opt/openxc7/share/nextpnr/prjxray-db")
    assert place_and_route(PYNQ, build).bitstream is not None
    make_database(machine.root / "nowhere")
    place_and_route(PYNQ, build)
    databases = [call[call.index("--db-root") + 1] for call in calls(build, "fasm2frames")]
    assert databases == [
        f"{machine.root}/opt/openxc7/share/nextpnr/prjxray-db/zynq7",
        f"{machine.root}/nowhere/zynq7",
    ]


def test_oss_cad_suite_has_no_xilinx_architecture(machine, tmp_path):
    suite = machine.root / "oss-cad-suite/bin"
    install(suite, "fasm2frames", "xc7frames2bit")
    install(suite, "nextpnr-himbaechel", without_xilinx=True)
    machine.on_path(suite)
    make_database(machine.root / "usr/share/nextpnr/prjxray-db")
    build = machine.package(tmp_path / "build")
    report = place_and_route(PYNQ, build)
    assert report.bitstream is None
    assert f"{suite}/nextpnr-himbaechel is built without the Xilinx architecture" in report.missing
    install(suite, "nextpnr-himbaechel")
    report = place_and_route(PYNQ, build)
    assert report.toolchain == "nextpnr-himbaechel"
    assert report.fmax_mhz == 123.45
    (place,) = calls(build, "nextpnr-himbaechel")
    assert place[1:3] == ["--device", PART]
    assert place[place.index("--freq") + 1] == "100"
    assert {"xdc=top.xdc", "fasm=top.nextpnr.fasm"} <= set(place)


@pytest.mark.parametrize(
    ("script", "says"),
    [
        (None, "no /nonexistent/export.sh, which AMARANTH_ENV_XRAY names"),
        ("", "no nextpnr-xilinx, no fasm2frames, no xc7frames2bit"),
        ("exit 7", "build_nextpnr_xilinx.sh --check ended with status 7"),
    ],
)
def test_a_script_to_source_is_not_taken_at_its_word(script, says, machine, tmp_path):
    path = Path("/nonexistent/export.sh")
    if script is not None:
        path = tmp_path / "export.sh"
        path.write_text(f"{script}\n")
    machine.monkeypatch.setenv("AMARANTH_ENV_XRAY", str(path))
    report = place_and_route(PYNQ, machine.package(tmp_path / "build"))
    assert report.bitstream is None
    assert f"nextpnr-xilinx: {says}" in report.missing


def test_without_any_toolchain_the_package_is_complete(machine, tmp_path):
    build = machine.package(tmp_path / "build")
    report = place_and_route(PYNQ, build)
    assert report.bitstream is None
    assert "vivado: no vivado; nextpnr-xilinx: no nextpnr-xilinx, no fasm2frames" in report.missing
    scripts = ("build_vivado.sh", "build_nextpnr_xilinx.sh", "build_nextpnr_himbaechel.sh")
    assert all(f"sh {script}" in report.missing for script in scripts)
    names = {path.name for path in build.iterdir()}
    expected = {"top.il", "top.ys", "top.xdc", "top.tcl", "driver.json", "README.txt", *scripts}
    assert expected <= names


@pytest.mark.parametrize(
    ("tools", "chosen"),
    [
        (("vivado", *OPEN_TOOLS, "nextpnr-himbaechel"), "vivado"),
        ((*OPEN_TOOLS, "nextpnr-himbaechel"), "nextpnr-xilinx"),
        (HIMBAECHEL_TOOLS, "nextpnr-himbaechel"),
        (("vivado",), "vivado"),
        (("nextpnr-xilinx", "nextpnr-himbaechel", "fasm2frames"), None),
    ],
)
def test_first_complete_toolchain_is_chosen(tools, chosen, machine, tmp_path):
    prefix = machine.root / "opt/tools"
    install(prefix / "bin", *tools)
    machine.on_path(prefix / "bin")
    make_database(prefix / BELOW)
    make_chipdb(prefix / "chipdb")
    report = place_and_route(PYNQ, machine.package(tmp_path / "build"))
    assert report.toolchain == chosen
    assert (report.bitstream is None) == (chosen is None)


ODD = "a b$c'd\"e`f"


def test_odd_names(machine, tmp_path):
    odd = machine.root / ODD
    install(odd / "bin", *OPEN_TOOLS)
    make_database(odd / "db")
    make_chipdb(odd / "chips")
    (odd / "env.sh").write_text("export STAND_IN=1\n")
    names = {
        "NEXTPNR_XILINX": "bin/nextpnr-xilinx", "FASM2FRAMES": "bin/fasm2frames",
        "XC7FRAMES2BIT": "bin/xc7frames2bit", "DB_DIR": "db", "CHIPDB_DIR": "chips",
        "AMARANTH_ENV_XRAY": "env.sh",
    }  # fmt: skip
    # Relative to where the command is called, not to the package.
    machine.monkeypatch.chdir(odd)
    for variable, name in names.items():
        machine.monkeypatch.setenv(variable, name)
    build = machine.package(tmp_path / ODD / "build")
    report = place_and_route(PYNQ, build)
    assert report.bitstream == build / "top.bit"
    machine.monkeypatch.setenv("NEXTPNR_XILINX", "bin/other")
    report = place_and_route(PYNQ, build)
    assert "no bin/other, which NEXTPNR_XILINX names" in report.missing


def test_picozed_is_for_vivado_only(machine, tmp_path):
    apio(machine)
    board = boards.get("picozed_7030")
    build = tmp_path / "build"
    machine.monkeypatch.setenv("YOSYS", "/nonexistent")
    synthesise(board, SumsDecoder(sums_model()), build)
    assert {path.name for path in build.glob("*.sh")} == {"build_vivado.sh"}
    why = "neither Project X-Ray's database nor nextpnr knows the xc7z030"
    report = place_and_route(board, build)
    assert report.missing == (
        f"no Xilinx toolchain here (vivado: no vivado; {why}): copy {build} to where one is and "
        f"run sh build_vivado.sh in it"
    )
    assert why in (build / "README.txt").read_text()
    assert "-part xc7z030sbg485-1" in (build / "top.tcl").read_text()
    constraints = (build / "top.xdc").read_text()
    for pin in ("Y18", "AA15", "Y14", "AA19", "AA20"):
        assert f"LOC {pin} " in constraints
    assert "-period 10.0 " in constraints


def test_vivado_is_called_and_read(machine, tmp_path):
    install(machine.root / "vivado tools", "vivado")
    environment = machine.root / "settings.sh"
    environment.write_text(f'PATH="$PATH:{machine.root}/vivado tools"\n')
    machine.monkeypatch.setenv("AMARANTH_ENV_VIVADO", str(environment))
    machine.monkeypatch.setenv(
        "STAND_IN_VIVADO", "say CRITICAL WARNING: [Common 17-55] 'set_property' expects an object"
    )
    build = machine.package(tmp_path / "build")
    report = place_and_route(PYNQ, build)
    assert calls(build, "vivado") == [
        ["vivado", "-mode", "batch", "-log", "top.log", "-source", "top.tcl"]
    ]
    assert report.fmax_mhz == pytest.approx(80)
    assert report.timing_met is False
    assert (report.toolchain, report.version) == ("vivado", "2022.1")
    assert report.placed == PlacedResources(lut=481, ff=439, dsp=3, bram=1.5)
    assert report.untimed is None
    (warning,) = report.warnings
    assert warning.startswith("CRITICAL WARNING: [Common 17-55]")
    machine.monkeypatch.delenv("AMARANTH_ENV_VIVADO")
    assert "vivado: no vivado;" in place_and_route(PYNQ, build).missing


@pytest.mark.parametrize(
    ("tool", "behaves", "says"),
    [
        ("nextpnr-xilinx", "fail ERROR: no route", r"nextpnr-xilinx ended with status 9 \(.*"
         r"nextpnr-xilinx.log\): ERROR: no route"),
        ("nextpnr-xilinx", "nothing", "nextpnr-xilinx ended with status 0 but left no top.nextpnr"),
        ("fasm2frames", "fail KeyError: 'LIOB33'", r"fasm2frames ended with status 9 \(.*"
         r"fasm2frames.log\): KeyError: 'LIOB33'"),
        ("fasm2frames", "say frame_set: invalid word address 101 in line: X.Y", r"fasm2frames left "
         r"out bits \(.*fasm2frames.log\): frame_set: invalid word address 101 in line: X.Y"),
        ("xc7frames2bit", "fail Part file not found", r"xc7frames2bit ended with status 9 \(.*"
         r"xc7frames2bit.log\): Part file not found"),
        ("xc7frames2bit", "nothing", "xc7frames2bit ended with status 0 but left no top.bit"),
    ],
)  # fmt: skip
def test_the_tool_that_failed_is_quoted(tool, behaves, says, machine, tmp_path):
    container(machine)
    build = machine.package(tmp_path / "build")
    # An earlier bitstream is not taken for this one's.
    (build / "top.bit").write_bytes(b"old")
    machine.monkeypatch.setenv(f"STAND_IN_{tool.upper().replace('-', '_')}", behaves)
    with pytest.raises(ToolError, match=f"^{says}"):
        place_and_route(PYNQ, build)
    assert not (build / "top.bit").exists()


def test_vivado_that_fails_is_quoted(machine, tmp_path):
    install(machine.root / "vivado", "vivado")
    machine.on_path(machine.root / "vivado")
    build = machine.package(tmp_path / "build")
    for behaves, says in (
        ("fail ERROR: [Common 17-345] no licence", r"vivado ended with status 9 \(.*vivado.log\): "
         r"ERROR: \[Common 17-345\] no licence"),
        ("nothing", "vivado ended with status 0 but left no .*top.bit"),
    ):  # fmt: skip
        machine.monkeypatch.setenv("STAND_IN_VIVADO", behaves)
        with pytest.raises(ToolError, match=f"^{says}"):
            place_and_route(PYNQ, build)


def test_the_tools_in_a_package_run_with_an_older_python_alone():
    for path in Path(open_tools.__file__).parent.glob("*.py"):
        tree = ast.parse(path.read_text(), feature_version=(3, 8))
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                assert all(name.name in sys.stdlib_module_names for name in node.names)
            elif isinstance(node, ast.ImportFrom) and not node.level:
                assert node.module.split(".")[0] in sys.stdlib_module_names


def test_a_script_to_source_with_himbaechel_only(machine, tmp_path):
    prefix = machine.root / "conda"
    install(prefix / "bin", *HIMBAECHEL_TOOLS)
    make_database(prefix / BELOW)
    (tmp_path / "env.sh").write_text(f"export PATH=$PATH:{prefix}/bin\n")
    machine.monkeypatch.setenv("AMARANTH_ENV_XRAY", str(tmp_path / "env.sh"))
    build = machine.package(tmp_path / "build")
    assert place_and_route(PYNQ, build).toolchain == "nextpnr-himbaechel"
