"""Real ports of the system: pseudo-terminals that talk, and names that are no ports."""

import contextlib
import os
import subprocess
import sys
import threading
import time

import numpy as np
import pytest
from boards_rig import sums_model
from fake_board import FakeBoard

from build_decoder.boards.driver import LinkTimeout, PortError, connect
from build_decoder.boards.driver.command_line import main
from build_decoder.boards.driver_file import DriverFile
from build_decoder.hdl.planning.interface import Interface
from build_decoder.models.errors import InputError

tty = pytest.importorskip("tty", reason="needs pseudo-terminals")

NMEA = b"$GPGGA,123519,4807.038,N,01131.000,E,1,08,0.9,545.4,M,46.9,M,,*47\r\n"
GENEROUS_SECONDS = 20


class Pty:
    """A pseudo-terminal whose other end is a function of the bytes that come (or none)."""

    def __init__(self):
        self.master, slave = os.openpty()
        tty.setraw(self.master)
        self.name = os.ttyname(slave)
        os.set_blocking(self.master, False)
        self._slave = slave  # kept open, or the first to close it would hang up
        self._stop = threading.Event()
        self._thread = None

    def serve(self, answer):
        def run():
            while not self._stop.is_set():
                with contextlib.suppress(BlockingIOError):
                    received = b""
                    with contextlib.suppress(BlockingIOError):
                        received = os.read(self.master, 4096)
                    if reply := answer(received):
                        os.write(self.master, reply)
                time.sleep(0.001)

        self._thread = threading.Thread(target=run)
        self._thread.start()

    def close(self):
        self._stop.set()
        if self._thread:
            self._thread.join()
        os.close(self._slave)
        os.close(self.master)


@pytest.fixture
def pty():
    pty = Pty()
    yield pty
    pty.close()


@pytest.fixture
def model():
    return sums_model()


@pytest.fixture
def build(model, tmp_path):
    known = DriverFile(interface=Interface.of_model(model), baud=1_000_000)
    known.save(tmp_path / "driver.json")
    return tmp_path


def served(board):
    """What a board answers, as a function of the bytes that come."""
    return lambda data: b"".join(board.receive(byte, 0.0) for byte in data)


def test_a_board_behind_a_pseudo_terminal(pty, model):
    pty.serve(served(FakeBoard(model)))
    x_raw = np.random.default_rng(1).integers(-16, 16, size=(50, model.input_count))
    with connect(pty.name, model) as decoder:
        np.testing.assert_array_equal(decoder.infer_raw(x_raw), model.compute(x_raw))


def half_frames(data):
    return b"".join(b"\x5a\x01" + bytes([tag]) + b"\x00\xff\xff" for tag in range(256))


@pytest.mark.parametrize(
    ("answer", "came"),
    [
        (lambda data: b"", "no bytes"),
        (lambda data: NMEA, r"[0-9,]+ bytes that are none, such as b'[$A-Z0-9.,*\\rn]+'$"),
        (lambda data: bytes(500), r"[0-9,]+ bytes that are none, such as b'(\\x00)+'$"),
        (lambda data: b"\x5a" * 99, r"[0-9,]+ bytes that are none, such as b'Z+'$"),
        (half_frames, r"[0-9,]+ bytes that are none, such as b'.*Z"),
        (lambda data: data, r"7 bytes that are none, such as b'\\xa5\\x01"),
    ],
)
def test_a_port_that_says_something_else_ends_in_time(pty, model, answer, came):
    pty.serve(answer)
    start = time.monotonic()
    with pytest.raises(LinkTimeout, match=f"^no reply to INFO in 0.2.* s: got {came}"):
        connect(pty.name, model, timeout=0.2)
    assert time.monotonic() - start < GENEROUS_SECONDS


def test_a_port_that_takes_nothing_ends_in_time(pty):
    model = sums_model(inputs=60_000)  # more than the system's buffers hold
    pty.serve(served(FakeBoard(model)))
    decoder = connect(pty.name, model, timeout=0.2)
    pty._stop.set()  # from here on nobody reads
    pty._thread.join()
    start = time.monotonic()
    with pytest.raises(PortError, match="port: Write timeout"):
        decoder.infer_raw(np.zeros((1, 60_000), int))
    assert time.monotonic() - start < GENEROUS_SECONDS
    decoder.close()


def test_a_terminal_that_is_gone_is_an_error_of_the_port(model):
    pty = Pty()
    pty.serve(served(FakeBoard(model)))
    decoder = connect(pty.name, model)
    pty.close()
    with pytest.raises(PortError, match="^sample 0: port: "):
        decoder.infer_raw(np.zeros((2, model.input_count), int))
    decoder.close()


def test_a_port_is_opened_by_one_at_a_time(pty, model):
    pty.serve(served(FakeBoard(model)))
    message = f"^port {pty.name}: expected a port that no other program uses, got one in use"
    with connect(pty.name, model):
        with pytest.raises(InputError, match=message):
            connect(pty.name, model)
    connect(pty.name, model).close()


def test_another_process_gets_one_line(pty, model, build):
    pty.serve(served(FakeBoard(model)))
    command = [sys.executable, "-m", "build_decoder.boards.driver", "--port", pty.name]
    command += ["--build", str(build), "--golden", str(build / "golden.npz")]
    with connect(pty.name, build):
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 2
    assert done.stderr.startswith(f"error: port {pty.name}: expected a port that no other")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("name", "got"),
    [
        ("/dev/null", "Could not configure port"),
        ("/dev/no_such_port", "could not open port"),
        ("", "could not open port"),
        ("nul\0character", "embedded null"),
        ("bell\a\x1b[2Jand\nline", "could not open port"),
        ("\udcff", "could not open port|No such file"),
        ("x" * 5000, "File name too long"),
    ],
)
def test_names_that_are_no_ports(name, got, model, build, capsys):
    with pytest.raises(InputError, match=f"expected a serial port at 1000000 baud, got .*({got})"):
        connect(name, model)
    arguments = ["--port", name, "--build", str(build), "--golden", str(build / "golden.npz")]
    assert main(arguments) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: port ")
    assert error.count("\n") == 1
    assert error.rstrip("\n").isprintable()


def test_files_and_folders_are_no_ports(model, build):
    with pytest.raises(InputError, match=f"^port {build}: .* got a folder$"):
        connect(str(build), model)
    with pytest.raises(InputError, match="driver.json: .* got a file$"):
        connect(build / "driver.json", model)


def test_a_rate_that_the_port_does_not_take_is_bad_input(pty, model, monkeypatch):
    import serial

    def refuse(port, rate):
        raise ValueError(f"Failed to set custom baud rate ({rate}): [Errno 22] Invalid argument")

    monkeypatch.setattr(serial.Serial, "_set_special_baudrate", refuse, raising=False)
    with pytest.raises(InputError, match="a serial port at 12345 baud, got Failed to set custom"):
        connect(pty.name, model, baud=12345)
