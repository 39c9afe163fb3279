"""The host driver against a board that misbehaves, and its command line."""

import io
import re
import signal
import subprocess
import sys
import termios

import numpy as np
import pytest
import serial
from boards_rig import sums_model
from fake_board import FakeClock

from build_decoder.boards.driver import (
    Decoder,
    DeviceError,
    LinkError,
    LinkTimeout,
    connect,
    connection,
)
from build_decoder.boards.driver.command_line import main
from build_decoder.boards.driver_file import DriverFile
from build_decoder.boards.protocol import PROTOCOL, Command, Info, Reply, Status
from build_decoder.hdl.planning.interface import Interface
from build_decoder.models.errors import InputError
from build_decoder.quant.qformat import QFormat
from tests.command_runs import Run


class ModelPort:
    """Port of a board that is modelled in Python. ``faults`` turn replies into other bytes."""

    def __init__(self, model, faults=()):
        self.model = model
        self.faults = list(faults)
        self.requests = 0
        self.closed = False
        self._replies = bytearray()

    def write(self, data):
        self.requests += 1
        header = PROTOCOL.REQUEST_HEADER
        command, tag, length = header.unpack(data[1 : 1 + header.size])
        payload = data[1 + header.size : -2]
        assert data[0] == PROTOCOL.request_sync
        assert len(payload) == length
        assert PROTOCOL.crc(data[1:]) == 0
        if command == Command.INFO:
            answer = Info.of(Interface.of_model(self.model)).pack()
        else:
            x_raw = PROTOCOL.unpack_values(payload, self.model.input_format)
            y_raw = self.model.compute(x_raw[None])
            answer = PROTOCOL.pack_values(y_raw, self.model.output_format)
        reply = PROTOCOL.reply(Reply(command, tag, Status.OK, answer))
        self._replies += self.faults.pop(0)(reply) if self.faults else reply

    def read(self, count):
        data, self._replies = self._replies[:count], self._replies[count:]
        return bytes(data)

    def reset_input_buffer(self):
        self._replies.clear()

    def close(self):
        self.closed = True


def patient(port, model):
    """A driver whose time-outs take no time."""
    return Decoder(port, Interface.of_model(model), clock=FakeClock())


def corrupted(reply):
    return reply[:-1] + bytes([reply[-1] ^ 1])


def refused(reply):
    return PROTOCOL.reply(Reply(reply[1], reply[2], Status.BAD_CRC, b""))


def late(reply):
    return PROTOCOL.reply(Reply(reply[1], (reply[2] - 1) % 256, Status.OK, b"\0" * 4)) + reply


FAULTS = {
    "silent": lambda reply: b"",
    "truncated": lambda reply: reply[:-3],
    "corrupted": corrupted,
    "refused": refused,
}


@pytest.fixture
def model():
    return sums_model()


@pytest.mark.parametrize("fault", FAULTS)
def test_one_fault_is_made_up_for(model, fault):
    port = ModelPort(model, [FAULTS[fault]])
    decoder = patient(port, model)
    x_raw = np.zeros((1, model.input_count), int)
    np.testing.assert_array_equal(decoder.infer_raw(x_raw), model.compute(x_raw))
    assert port.requests == 2


@pytest.mark.parametrize(
    ("fault", "error", "message"),
    [
        ("silent", LinkTimeout, r"no reply to INFER in 1 s: got no bytes"),
        ("truncated", LinkTimeout, r"got 9 bytes that are none, such as b'Z\\x02"),
        ("corrupted", LinkError, "expected CRC 0x.* in a reply, got 0x"),
        ("refused", LinkError, "board refused INFER: BAD_CRC"),
    ],
)
def test_two_faults_are_an_error(model, fault, error, message):
    decoder = patient(ModelPort(model, [FAULTS[fault]] * 2), model)
    with pytest.raises(error, match=message):
        decoder.infer_raw(np.zeros(model.input_count, int))


def test_noise_and_late_replies_before_a_reply_are_skipped(model):
    port = ModelPort(model, [late, lambda reply: b"\0\xff" + reply])
    decoder = patient(port, model)
    x_raw = np.ones((2, model.input_count), int)
    np.testing.assert_array_equal(decoder.infer_raw(x_raw), model.compute(x_raw))
    assert port.requests == 2


def test_shapes(model):
    decoder = connect(ModelPort(model), model)
    assert decoder.infer(np.zeros((3, 6))).shape == (3, 2)
    assert decoder.infer(np.zeros(6)).shape == (2,)
    assert decoder.infer(np.zeros((0, 6))).shape == (0, 2)
    with pytest.raises(InputError, match=r"expected shape \(samples, 6\), got \(3, 5\)"):
        decoder.infer(np.zeros((3, 5)))


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        ([0, 0, 0, 0, 0, 16], "expected raw values of -16 to 15 .*got 0 to 16"),
        ([0, 0, 0, 0, 0, 0.5], "expected raw integers, got an array of float64"),
        ([True] * 6, "expected raw integers, got an array of bool"),
    ],
)
def test_raw_inputs_are_integers_of_the_format(model, raw, message):
    port = ModelPort(model)
    with pytest.raises(InputError, match=message):
        Decoder(port, Interface.of_model(model)).infer_raw(raw)
    assert port.requests == 0


@pytest.mark.parametrize(
    ("x", "message"),
    [
        ([0, 0, 0, 0, 0, np.nan], "expected finite numbers, got 1 of 6 .* such as nan"),
        ([[np.inf] * 6] * 2, "expected finite numbers, got 12 of 12 .* such as inf"),
        (["a"] * 6, "expected real numbers"),
        ([1j] * 6, "expected real numbers, got an array of complex128"),
        (np.full(6, 1j), "expected real numbers, got an array of complex128"),
        ([None] * 6, "expected real numbers, got an array of object"),
        ([[0] * 6, [0] * 5], "expected an array of numbers: .*inhomogeneous"),
        (np.ma.masked_equal([0, 1, 2, 3, 4, 5], 3), "got an array with masked ones"),
    ],
)
def test_inputs_are_finite(model, x, message):
    port = ModelPort(model)
    with pytest.raises(InputError, match=message):
        Decoder(port, Interface.of_model(model)).infer(x)
    assert port.requests == 0


class UnpluggedPort(ModelPort):
    """Fails as pySerial does when its device is gone: with errors of its own and of termios."""

    def __init__(self, model, failing):
        super().__init__(model, [corrupted])
        setattr(self, failing, self.fail)
        if failing == "reset_input_buffer":
            self.error = termios.error(5, "Input/output error")
        else:
            self.error = serial.SerialException("device disconnected\n(or multiple access?)")

    def fail(self, *arguments):
        raise self.error


@pytest.mark.parametrize("failing", ["write", "read", "reset_input_buffer", "close"])
def test_a_port_that_fails_is_an_error_of_the_link(model, failing, build, monkeypatch, capsys):
    port = UnpluggedPort(model, failing)
    with pytest.raises(LinkError, match="^port: .*(disconnected|Input/output error)"):
        connect(port, model).close()
    assert port.requests < 3
    assert run_main(monkeypatch, build, UnpluggedPort(model, failing)) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: port: ")
    assert error.count("\n") == 1


def test_another_decoder_is_refused_and_the_port_closed(model):
    other = sums_model(output_format=QFormat(6, 5))
    port = ModelPort(other)
    with pytest.raises(DeviceError, match="was another bitstream loaded"):
        connect(port, model)
    assert port.closed


def test_a_port_that_cannot_be_opened_is_bad_input(model):
    with pytest.raises(InputError, match="/dev/no_such_port: expected a serial port"):
        connect("/dev/no_such_port", model)


@pytest.fixture
def build(model, tmp_path):
    """A build folder as the flow leaves it, and golden data in it."""
    (tmp_path / "board").mkdir()
    driver = tmp_path / "board" / "driver.json"
    DriverFile(interface=Interface.of_model(model), baud=115200).save(driver)
    x = np.random.default_rng(3).uniform(-3, 3, size=(5, model.input_count))
    x_raw = model.quantise_input(x)
    np.savez(tmp_path / "golden.npz", x=x)
    np.savez(tmp_path / "expected.npz", x_raw=x_raw, y_raw=model.compute(x_raw))
    return tmp_path


@pytest.mark.parametrize("place", [".", "board", "board/driver.json"])
def test_the_interface_survives_its_file(model, build, place):
    known = DriverFile.load(build / place)
    assert known == DriverFile(interface=Interface.of_model(model), baud=115200)


def test_a_file_of_an_earlier_version_still_reads(tmp_path):
    (tmp_path / "driver.json").write_text(
        """{
  "name": "tiny",
  "input_count": 16,
  "output_count": 2,
  "input_format": {"integer": 2, "fraction": 0, "signed": false},
  "output_format": {"integer": 1, "fraction": 2, "signed": true},
  "fingerprint": 2884371345,
  "board": "icebreaker",
  "baud": 1000000,
  "clock_mhz": 12,
  "latency_cycles": 33
}
"""
    )
    known = DriverFile.load(tmp_path)
    assert (known.board, known.baud, known.clock_mhz) == ("icebreaker", 1_000_000, 12)
    assert known.latency_seconds == 33 / 12e6
    assert known.interface == Interface(
        name="tiny", input_count=16, output_count=2, input_format=QFormat(2, 0, False),
        output_format=QFormat(1, 2), fingerprint=2884371345, latency_cycles=33,
    )


@pytest.mark.parametrize("place", [".", "board", "board/driver.json"])
def test_connect_takes_a_build_folder(model, build, place):
    assert connect(ModelPort(model), build / place).interface == Interface.of_model(model)


def test_a_folder_without_a_build_is_bad_input(tmp_path):
    with pytest.raises(InputError, match=r"board/driver.json: expected a file, got no such file"):
        DriverFile.load(tmp_path)


def run_main(monkeypatch, build, port, place="."):
    monkeypatch.setattr(connection, "open_serial", lambda name, baud: port)
    golden = str(build / "golden.npz")
    return main(["--port", "x", "--build", str(build / place), "--golden", golden])


@pytest.mark.parametrize("place", [".", "board"])
def test_command_line_finds_no_mismatch(model, build, place, monkeypatch, capsys):
    assert run_main(monkeypatch, build, ModelPort(model), place) == 0
    assert "sums: 5 samples, 0 mismatches" in capsys.readouterr().out


def test_command_line_reports_mismatches(model, build, monkeypatch, capsys):
    def wrong(reply):
        body = reply[1:-4] + bytes([reply[-4] ^ 1]) + reply[-3:-2]
        return reply[:1] + body + PROTOCOL.crc(body).to_bytes(2, "big")

    port = ModelPort(model, [lambda reply: reply, wrong])
    assert run_main(monkeypatch, build, port) == 4
    output = capsys.readouterr().out
    assert "sample 0: expected" in output
    assert "5 samples, 1 mismatches" in output


def test_command_line_refuses_other_samples(model, build, monkeypatch, capsys):
    np.savez(build / "golden.npz", x=np.full((1, 6), 2.5))
    assert run_main(monkeypatch, build, ModelPort(model)) == 2
    assert "got 1 others of 1" in capsys.readouterr().err


def test_command_line_runs_in_the_board_folder(model, build, monkeypatch):
    monkeypatch.setattr(connection, "open_serial", lambda name, baud: ModelPort(model))
    monkeypatch.chdir(build / "board")
    assert main(["--port", "x", "--build", ".", "--golden", "../golden.npz"]) == 0


def test_command_line_refuses_missing_files(model, build, monkeypatch, capsys):
    (build / "golden.npz").unlink()
    assert run_main(monkeypatch, build, ModelPort(model)) == 2
    assert capsys.readouterr().err.startswith(f"error: {build}/golden.npz: expected a file, got no")


def test_command_line_tells_of_saturated_inputs(model, build, monkeypatch, capsys):
    x = np.zeros((1, 6))
    x[0, 2] = 9
    x_raw = model.quantise_input(x)
    np.savez(build / "golden.npz", x=x)
    np.savez(build / "expected.npz", x_raw=x_raw, y_raw=model.compute(x_raw))
    assert run_main(monkeypatch, build, ModelPort(model)) == 0
    told = capsys.readouterr().err
    assert told.startswith("warning: 1 of 6 input values lie outside of -4 to 3.75 (sQ3.2)")
    assert told.count("\n") == 1


WAITING = """
import sys, time
from build_decoder.boards.driver import connection
from build_decoder.boards.driver.command_line import main

def wait(name, baud):
    print("waiting", flush=True)
    time.sleep(300)

connection.open_serial = wait
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_command_line_is_ended_by_signals_with_one_line(number, build, tmp_path):
    run = Run(
        "-c", WAITING, "--port", "x", "--build", build, "--golden", build / "golden.npz",
        tmp=tmp_path / "tmp",
    )
    run.wait_for("waiting")
    assert run.send(number) == -number
    assert run.err == f"error: ended by {signal.Signals(number).name}\n"
    assert run.out == ""
    assert list(run.tmp.iterdir()) == []


@pytest.mark.parametrize(
    "arguments",
    [
        ["--port", "x"],
        ["--port", "x", "--build", "", "--golden", "x.npz"],
        ["--port", "x", "--build", "x", "--golden", ""],
        ["--port", "x", "--build", "x", "--golden", "x", "--other"],
    ],
)
def test_bad_usage_is_one_line(arguments, capsys):
    assert main(arguments) == 2
    error = capsys.readouterr().err
    assert re.fullmatch("error: .* \\(see --help\\)\n", error)


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_command_line_shows_progress_on_a_terminal(model, build, monkeypatch, capsys):
    terminal = Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    assert run_main(monkeypatch, build, ModelPort(model)) == 0
    assert "sums" in terminal.getvalue()
    assert "5 samples, 0 mismatches" in capsys.readouterr().out


def test_command_line_shows_no_progress_elsewhere(model, build, monkeypatch, capsys):
    assert run_main(monkeypatch, build, ModelPort(model)) == 0
    assert capsys.readouterr().err == ""


def test_command_line_needs_neither_rich_nor_psutil(model, build, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "rich.console", None)
    monkeypatch.setitem(sys.modules, "psutil", None)
    assert run_main(monkeypatch, build, ModelPort(model)) == 0
    assert "5 samples, 0 mismatches" in capsys.readouterr().out


def test_command_line_tells_the_sample_at_which_the_link_fails(model, build, monkeypatch, capsys):
    port = ModelPort(model)
    write = port.write

    def failing(data):
        if port.requests == 4:
            raise serial.SerialException("write failed: [Errno 5] Input/output error")
        write(data)

    port.write = failing
    assert run_main(monkeypatch, build, port) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: sample 3: port: write failed")
    assert error.count("\n") == 1


def test_it_runs_as_a_module():
    command = [sys.executable, "-m", "build_decoder.boards.driver", "--port", "/dev/null"]
    command += ["--build", "/no/such/folder", "--golden", "golden.npz"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 2
    assert done.stderr.startswith("error: /no/such/folder: expected a file")
    assert done.stderr.count("\n") == 1
