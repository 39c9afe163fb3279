"""The driver's files and arguments: whatever is wrong with them is one line of bad input."""

import json
import zipfile
from dataclasses import replace

import numpy as np
import pytest
from boards_rig import sums_model
from fake_board import FakeClock, FakePort

from build_decoder.boards.driver import connect, connection
from build_decoder.boards.driver.command_line import main
from build_decoder.boards.driver_file import DriverFile
from build_decoder.hdl.planning.interface import Interface
from build_decoder.models.errors import InputError


@pytest.fixture
def model():
    return sums_model()


@pytest.fixture
def port(model):
    return FakePort(model, FakeClock())


@pytest.fixture
def build(model, tmp_path):
    """A build folder as the flow leaves it, and golden data in it."""
    (tmp_path / "board").mkdir()
    interface = replace(Interface.of_model(model), latency_cycles=9)
    known = DriverFile(interface=interface, board="tiny", baud=115200, clock_mhz=50)
    known.save(tmp_path / "board" / "driver.json")
    x = np.random.default_rng(3).uniform(-3, 3, size=(5, model.input_count))
    x_raw = model.quantise_input(x)
    np.savez(tmp_path / "golden.npz", x=x)
    np.savez(tmp_path / "expected.npz", x_raw=x_raw, y_raw=model.compute(x_raw))
    return tmp_path


@pytest.fixture
def run(build, port, monkeypatch, capsys):
    """Runs the command line; exit status and the one line that it printed, if it failed."""
    monkeypatch.setattr(connection, "open_serial", lambda name, baud: port)

    def run(*more):
        golden = str(build / "golden.npz")
        status = main(["--port", "x", "--build", str(build), "--golden", golden, *more])
        error = capsys.readouterr().err
        assert error.count("\n") == (status == 2)
        assert not error or error.startswith("error: ")
        return status, error

    return run


def edited(build, **entries):
    path = build / "board" / "driver.json"
    values = json.loads(path.read_text()) | entries
    path.write_text(json.dumps({key: value for key, value in values.items() if value != "gone"}))


def test_all_is_well_without_a_fault(run):
    assert run() == (0, "")


FORMAT = {"integer": 3, "fraction": 2, "signed": True}
WRONG_ENTRIES = [
    *(
        (key, value)
        for key in (
            "input_count", "output_count", "fingerprint", "baud", "latency_cycles",
            "frame_cycles", "input_lanes",
        )
        for value in ("800", 800.5, 6.0, True, -1, None, [6], {}, float("nan"), 10**30, "HUGE")
    ),
    *(("input_count", value) for value in (0, 65_536, "gone")),
    *(("output_count", value) for value in (0, 65_536, "gone")),
    *(("fingerprint", value) for value in (1 << 32, "gone")),
    *(("baud", value) for value in (0, 1, 299, 1 << 31, "9600 baud")),
    *(("clock_mhz", value) for value in (0, -1, "50", True, None, float("nan"), float("inf"))),
    *(("name", value) for value in ("", 5, None, ["a"], "x" * 256, "gone")),
    *(("input_format", value) for value in ("gone", None, "sQ3.2", [3, 2], {}, 5)),
    ("input_format", FORMAT | {"offset": 1}),
    ("input_format", {"integer": 3, "fraction": 2}),
    *(("output_format", FORMAT | {"integer": value}) for value in (-2, 47, 3.0, "3", True, 10**9)),
    *(("output_format", FORMAT | {"fraction": value}) for value in (-3, 46, 600, None)),
    *(("output_format", FORMAT | {"signed": value}) for value in (1, 0, "yes", None)),
]


@pytest.mark.parametrize(("key", "value"), WRONG_ENTRIES, ids=lambda value: str(value)[:30])
def test_an_entry_that_makes_no_sense(build, run, port, key, value):
    edited(build, **{key: value})
    path = build / "board" / "driver.json"
    path.write_text(path.read_text().replace('"HUGE"', "1" + "0" * 6000))
    status, error = run()
    assert status == 2
    assert f"error: {path}" in error
    assert "expected" in error
    assert len(error) < 400
    assert port.requests == 0


@pytest.mark.parametrize("end", ["input", "output"])
def test_frames_that_the_protocol_cannot_carry(build, run, end):
    edited(build, **{f"{end}_count": 40_000, f"{end}_format": FORMAT | {"fraction": 12}})
    status, error = run()
    assert status == 2
    assert f"an {end} frame of at most 65535 bytes" in error


CONTENTS = {
    "empty": b"",
    "half": b'{"name": ',
    "null": b"null",
    "a list": b"[]",
    "a number": b"5",
    "binary": bytes(range(256)),
    "UTF-16": '{"name": 1}'.encode("utf-16"),
    "nested": b"[" * 200_000,
    "a key twice": b'{"name": "a", "name": "b"}',
    "too large": b" " * (1 << 20) + b"{}",
}


@pytest.mark.parametrize("content", CONTENTS)
def test_a_driver_file_that_is_none(build, run, content):
    (build / "board" / "driver.json").write_bytes(CONTENTS[content])
    status, error = run()
    assert status == 2
    assert "driver.json: " in error


def test_a_driver_file_of_a_gigabyte_is_not_read(build, run):
    with (build / "board" / "driver.json").open("r+b") as file:
        file.truncate(1 << 30)  # takes no room on the disk
    assert "expected at most 1048576 bytes, got 1073741824" in run()[1]


@pytest.mark.parametrize("name", ["gone", "nul\0", "x" * 5000, "golden.npz/x", "bell\a\n"])
def test_a_build_folder_that_is_none(build, run, name):
    status, error = run("--build", str(build / name))
    assert status == 2
    assert "expected a file" in error


@pytest.mark.parametrize("thing", [5, None, b"build", object(), Interface])
def test_what_is_neither_build_nor_model(thing, port):
    with pytest.raises(InputError, match="expected a build folder or an integer model, got"):
        connect(port, thing)


@pytest.mark.parametrize("thing", [5, None, b"/dev/null", object()])
def test_what_is_no_port(thing, model):
    with pytest.raises(InputError, match="^port: expected a name, or an object that reads and"):
        connect(thing, model)


WRONG_BAUDS = [0, -1, 299, 1.5, 9600.0, "9600", True, float("nan"), 10**10]


@pytest.mark.parametrize("baud", WRONG_BAUDS)
def test_a_rate_that_makes_no_sense(baud, model, port):
    with pytest.raises(InputError, match="^baud: expected a whole number from 300 to 100000000"):
        connect(port, model, baud=baud)


@pytest.mark.parametrize("timeout", [0, -1, float("nan"), float("inf"), "1", None, True, 1e9])
def test_a_time_out_that_makes_no_sense(timeout, model, port):
    with pytest.raises(InputError, match="^timeout: expected seconds above 0 and up to 3600, got"):
        connect(port, model, timeout=timeout)


def test_the_rate_and_the_decoder_time_come_from_the_file(build, port):
    exchange = connect(port, build)._exchange
    assert (exchange._baud, exchange._decoder_seconds) == (115200, 9 / 50e6)
    other = connect(FakePort(port.board.model, port.clock), build, baud=np.int64(9600))._exchange
    assert other._baud == 9600


ARRAYS = {
    "none": {},
    "other names": {"y": np.zeros((5, 2))},
    "one dimension": {"x": np.zeros(6)},
    "three dimensions": {"x": np.zeros((5, 6, 1))},
    "another width": {"x": np.zeros((5, 7))},
    "no samples": {"x": np.zeros((0, 6))},
    "text": {"x": np.full((5, 6), "a")},
    "complex": {"x": np.zeros((5, 6), complex)},
    "not finite": {"x": np.full((5, 6), np.nan)},
    "objects": {"x": np.full((5, 6), None)},
}


@pytest.mark.parametrize("arrays", ARRAYS)
def test_golden_data_that_is_none(build, run, arrays):
    np.savez(build / "golden.npz", **ARRAYS[arrays])
    assert run()[0] == 2


EXPECTED = {
    "none": {},
    "no outputs": {"x_raw": np.zeros((5, 6), int)},
    "no inputs": {"y_raw": np.zeros((5, 2), int)},
    "another width of inputs": {"x_raw": np.zeros((5, 7), int), "y_raw": np.zeros((5, 2), int)},
    "another width of outputs": {"x_raw": np.zeros((5, 6), int), "y_raw": np.zeros((5, 3), int)},
    "fewer outputs": {"x_raw": np.zeros((5, 6), int), "y_raw": np.zeros((4, 2), int)},
    "floats": {"x_raw": np.zeros((5, 6)), "y_raw": np.zeros((5, 2))},
    "one dimension": {"x_raw": np.zeros(6, int), "y_raw": np.zeros(2, int)},
    "text": {"x_raw": np.full((5, 6), "a"), "y_raw": np.full((5, 2), "a")},
    "other samples": {"x_raw": np.full((5, 6), 7), "y_raw": np.zeros((5, 2), int)},
}


@pytest.mark.parametrize("arrays", EXPECTED)
def test_expected_outputs_that_are_none(build, run, port, arrays):
    np.savez(build / "expected.npz", **EXPECTED[arrays])
    assert run()[0] == 2
    assert port.requests == 1  # INFO alone


def damaged(path, kind):
    content = path.read_bytes()
    if kind == "cut":
        path.write_bytes(content[: len(content) // 2])
    elif kind == "empty":
        path.write_bytes(b"")
    elif kind == "text":
        path.write_text("x,y\n")
    elif kind == "flipped":
        path.write_bytes(bytes(b ^ (index % 7 == 3) for index, b in enumerate(content)))
    elif kind == "a folder":
        path.unlink()
        path.mkdir()
    elif kind == "gone":
        path.unlink()
    else:
        with zipfile.ZipFile(path) as archive:
            arrays = {name: archive.read(name) for name in archive.namelist()}
        with zipfile.ZipFile(path, "w", getattr(zipfile, kind)) as archive:
            for name, array in arrays.items():
                archive.writestr(name, array)
        content = bytearray(path.read_bytes())
        start = content.index(b".npy") + 8
        content[start : start + 60] = bytes(b ^ 0x55 for b in content[start : start + 60])
        path.write_bytes(content)


KINDS = ["cut", "empty", "text", "flipped", "a folder", "gone"]
KINDS += ["ZIP_DEFLATED", "ZIP_BZIP2", "ZIP_LZMA"]


@pytest.mark.parametrize("name", ["golden.npz", "expected.npz"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_damaged_file(build, run, name, kind):
    damaged(build / name, kind)
    status, error = run()
    assert status == 2
    assert f"{build / name}" in error


def test_a_file_that_claims_a_terabyte(build, run):
    header = {"descr": "<i8", "fortran_order": False, "shape": (1 << 34, 6)}
    with zipfile.ZipFile(build / "expected.npz", "w") as archive:
        with archive.open("x_raw.npy", "w") as stream:
            np.lib.format.write_array_header_1_0(stream, header)
    assert "expected at most" in run()[1]
