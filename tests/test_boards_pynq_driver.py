"""The driver of PYNQ boards over a model of what is on the bus."""

import json
from dataclasses import replace

import numpy as np
import pytest
from bus_model import IMAGE_WORDS, BusModel, image

from build_decoder.boards.driver.errors import DeviceError, LinkTimeout, SaturationWarning
from build_decoder.boards.driver_file import DriverFile
from build_decoder.boards.pynq import frames as frames_module
from build_decoder.boards.pynq import steps as steps_module
from build_decoder.boards.pynq.bus_decoder import BusDecoder
from build_decoder.boards.pynq.selftest import run
from build_decoder.boards.pynq.steps import Golden, steps
from build_decoder.models.errors import InputError
from build_decoder.models.walk import Walk
from build_decoder.quant.qformat import QFormat


def decoder_of(model, **more) -> BusDecoder:
    return BusDecoder(model, model.known, allocate=model.allocate, **more)


def frames_of(model, count, seed=0):
    format = model.interface.input_format
    shape = (count, model.interface.input_count)
    return np.random.default_rng(seed).integers(format.min_raw, format.max_raw + 1, shape)


@pytest.mark.parametrize("dma", [False, True])
@pytest.mark.parametrize("formats", [
    (QFormat(3, 2), QFormat(6, 4)), (QFormat(4, 0, False), QFormat(1, 0, False)),
    (QFormat(1, 0), QFormat(20, 20)), (QFormat(8, 9), QFormat(3, 1)),
])  # fmt: skip
@pytest.mark.parametrize("count", [1, 7, 8, 40])
def test_raw_frames_are_those_of_the_model(dma, formats, count):
    model = BusModel(dma=dma, inputs=11, outputs=3, input_format=formats[0],
                     output_format=formats[1])  # fmt: skip
    x_raw = frames_of(model, count)
    decoder = decoder_of(model)
    np.testing.assert_array_equal(decoder.infer_raw(x_raw), model.model.compute(x_raw))
    assert bool(model.buffers) == (dma and count >= BusDecoder.MANY)
    assert model.values["FRAMES_OUT"] == count


@pytest.mark.parametrize("count", [1, 40])
def test_values_are_sent_in_the_order_of_the_decoder(count):
    model = BusModel(inputs=12, outputs=3, walk=Walk(((4, 1), (3, 4))))
    model.model.compute = lambda x_raw: x_raw[:, 1:4]
    x_raw = frames_of(model, count)
    expected = model.model.compute(x_raw)
    decoder = decoder_of(model)
    np.testing.assert_array_equal(decoder.infer_raw(x_raw), expected)
    assert bool(model.buffers) == (count >= BusDecoder.MANY)


def test_one_sample_and_real_values():
    model = BusModel()
    decoder = decoder_of(model)
    x = np.array([0.25, -1.1, 3.0, 0, 0, 0.1])
    y = decoder.infer(x)
    x_raw = model.interface.input_format.quantise(x)
    expected = model.interface.output_format.to_real(model.model.compute(x_raw[None])[0])
    np.testing.assert_array_equal(y, expected)
    with pytest.warns(SaturationWarning, match="1 of 6 input values"):
        decoder.infer(x * 2)
    assert decoder.saturated == 1


def test_many_frames_take_several_buffers_which_are_kept(monkeypatch):
    monkeypatch.setattr(frames_module, "BUFFER_BYTES", 40)
    model = BusModel()
    decoder = decoder_of(model)
    x_raw = frames_of(model, 23)
    np.testing.assert_array_equal(decoder.infer_raw(x_raw), model.model.compute(x_raw))
    assert decoder.frames.frames == 5
    decoder.infer_raw(x_raw)
    assert len(model.buffers) == 2
    decoder.close()
    assert all(buffer.freed for buffer in model.buffers)


def test_bad_inputs_touch_nothing():
    model = BusModel()
    decoder = decoder_of(model)
    for bad, said in (
        (np.zeros((2, 5), int), "expected shape"),
        (np.full((1, 6), 99), "expected raw values"),
        (np.zeros((1, 6)), "expected raw integers"),
    ):
        with pytest.raises(InputError, match=said):
            decoder.infer_raw(bad)
    with pytest.raises(InputError, match="finite"):
        decoder.infer([np.nan] * 6)
    assert model.values["FRAMES_IN"] == 0


@pytest.mark.parametrize(
    "name", ["ID", "VERSION", "FEATURES", "FINGERPRINT", "SHAPE", "INPUT_FORMAT", "OUTPUT_FORMAT"]
)
def test_another_decoder_is_refused(name):
    model = BusModel()
    model.values[name] ^= 1 << 16
    with pytest.raises(DeviceError, match=rf"^expected decoder 'sums' with {name} 0x"):
        decoder_of(model).infer_raw(frames_of(model, 1))
    assert model.values["FRAMES_IN"] == 0


def test_a_build_without_a_bus_is_refused():
    model = BusModel()
    with pytest.raises(InputError, match="no build for a bus"):
        BusDecoder(model, replace(model.known, registers=None))


@pytest.mark.parametrize("count", [1, 20])
def test_a_decoder_that_does_not_finish(count):
    model = BusModel(polls=10**9)
    with pytest.raises(LinkTimeout, match=rf"^expected {count} frames to be done within .* STATUS"):
        decoder_of(model, timeout=0.2).infer_raw(frames_of(model, count))


def test_an_error_of_memory_is_told():
    model = BusModel()
    done = model._frames_done

    def broken():
        done()
        model.set_status(DMA_ERROR=1)

    model._frames_done = broken
    with pytest.raises(DeviceError, match="expected 20 frames through memory, got 20 and DMA_ERR"):
        decoder_of(model).infer_raw(frames_of(model, 20))


def test_missing_frames_are_told():
    model = BusModel()
    model._count = lambda frames: None
    with pytest.raises(DeviceError, match="expected 20 frames through memory, got 0"):
        decoder_of(model).infer_raw(frames_of(model, 20))


def test_buffers_that_the_decoder_cannot_reach():
    model = BusModel()
    for address in (0x1000_0004, (1 << 32) - 64):
        decoder = decoder_of(model)
        decoder.frames._made()[0].device_address = address
        with pytest.raises(DeviceError, match="expected a buffer below 4 GiB at a multiple of 8"):
            decoder.infer_raw(frames_of(model, 20))


@pytest.fixture
def reloadable():
    model = BusModel(reloadable=True)
    return model, decoder_of(model)


@pytest.mark.parametrize("how", ["file", "words"])
def test_weights_are_loaded_and_rolled_back(how, reloadable, tmp_path):
    model, decoder = reloadable
    weights = image()
    if how == "file":
        np.savez(tmp_path / "weights.npz", words=weights)
        weights = tmp_path / "weights.npz"
    x_raw = frames_of(model, 3)
    before = decoder.infer_raw(x_raw)
    decoder.load_weights(weights)
    assert decoder.fingerprint == 0xBEEF_0001
    after = decoder.infer_raw(x_raw)
    assert (after != before).any()
    np.testing.assert_array_equal(after, model.compute(x_raw))
    decoder.verify_weights()
    decoder.rollback()
    assert decoder.fingerprint == 0xCAFE_1234
    np.testing.assert_array_equal(decoder.infer_raw(x_raw), before)
    decoder.fingerprint = 1
    with pytest.raises(DeviceError, match="were other weights loaded"):
        decoder.check()


def test_images_that_are_none(reloadable, tmp_path):
    model, decoder = reloadable
    wrong_crc = image()
    wrong_crc[-1] += 1
    text = tmp_path / "text.npz"
    text.write_text("no file of arrays")
    for bad, said in (
        (wrong_crc, "weights: CRC: expected 0x"),
        (image(layout=1), "weights: layout: expected 0x1a700001, got 0x00000001"),
        (np.zeros(2, int), "expected 4 words"),
        (np.zeros(9), "expected 4 words of 32 bits or more, got an array"),
        (image().astype(np.int64) << 8, "expected 4 words"),
        (text, "expected an .npz file"),
    ):
        with pytest.raises(InputError, match=said):
            decoder.load_weights(bad)
    assert model._received == []


def test_refusals_of_the_decoder_are_told(reloadable):
    model, decoder = reloadable
    with pytest.raises(DeviceError, match="ROLLBACK .* error 4: nothing to roll back to"):
        decoder.rollback()
    short = image()[: IMAGE_WORDS - 1]
    short[-1] = np.uint32(0)
    decoder._loading.send(short)
    with pytest.raises(DeviceError, match="COMMIT .* error 1: another number of words"):
        decoder._loading.commit()


def test_only_a_reloadable_decoder_loads():
    decoder = decoder_of(BusModel())
    for call in (lambda: decoder.load_weights(image()), decoder.rollback, decoder.verify_weights):
        with pytest.raises(InputError, match="built with --reloadable"):
            call()


def test_driver_file_has_the_registers(tmp_path):
    known = BusModel(reloadable=True).known
    known.save(tmp_path / "driver.json")
    assert DriverFile.load(tmp_path) == known
    entries = json.loads((tmp_path / "driver.json").read_text())
    entries["registers"]["registers"][3]["offset"] = -4
    (tmp_path / "driver.json").write_text(json.dumps(entries))
    with pytest.raises(InputError, match="registers: registers 3: offset"):
        DriverFile.load(tmp_path)


def folder_of(model, path):
    """Golden frames, and those of other weights."""
    x_raw = frames_of(model, 64)
    np.savez(path / "golden.npz", x_raw=x_raw, y_raw=model.compute(x_raw))
    if model.map.reloadable:
        words = image()
        other = BusModel(reloadable=True)
        other._received = words.tolist()
        assert other._commit() == 0
        np.savez(
            path / "other_weights.npz", x_raw=x_raw, y_raw=other.compute(x_raw), words=words
        )
    return path


class Driver:
    """As much of the driver class as the self-test uses."""

    def __init__(self, model):
        self.core = decoder_of(model, timeout=0.2)
        self.check_clock = lambda: 100.0


def test_self_test_passes(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(steps_module, "_TIMED_FRAMES", 70)
    model = BusModel(reloadable=True)
    folder = folder_of(model, tmp_path)
    assert run(folder, lambda _: ("pynq of this test", Driver(model))) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == [str(n) for n in range(1, 10)]
    assert "words by words and by bursts" in lines[4]
    assert "64 frames, 0 mismatches; 9 cycles a frame, as documented" in lines[5]
    assert "6 words" in lines[7]
    assert "frames a second" in lines[8]
    report = json.loads((folder / "selftest.json").read_text())
    assert report["status"] == 0
    assert [step["passed"] for step in report["steps"]] == [True] * 9


def no_board(_):
    raise RuntimeError("No Devices Found")


def break_clock(driver, model):
    def check_clock():
        raise DeviceError("expected FCLK0 of 100 MHz, got 50 MHz")

    driver.check_clock = check_clock


def break_identity(driver, model):
    model.values["ID"] = 0


def break_scratch(driver, model):
    read = model.read
    model.read = lambda offset=0: read(offset) & ~(0x100 if offset == 0x1C else 0)


def break_window(driver, model):
    window, read = model.map.window("INPUT"), model.read
    model.read = lambda offset=0: read(offset) ^ (offset == window.offset)


def break_bursts(driver, model):
    model.array = np.zeros_like(model.array).view(Deaf)


class Deaf(np.ndarray):
    """Takes no bursts."""

    def __setitem__(self, place, value): ...


def break_outputs(driver, model):
    model.compute = lambda x_raw: model.model.compute(x_raw) ^ 1


def break_cycles(driver, model):
    done = model._window_done

    def late():
        done()
        model.values["CYCLES"] += 1

    model._window_done = late


def break_memory(driver, model):
    done = model._frames_done

    def wrong():
        done()
        model._memory("DST", 1)[0] ^= 1

    model._frames_done = wrong


def break_commit(driver, model):
    model._commit = lambda: 0


@pytest.mark.parametrize(
    ("fault", "step"),
    [(break_clock, 2), (break_identity, 3), (break_scratch, 4), (break_window, 5),
     (break_bursts, 5), (break_outputs, 6), (break_cycles, 6), (break_memory, 7),
     (break_commit, 8)],
)  # fmt: skip
def test_self_test_ends_with_the_number_of_the_step_that_fails(fault, step, tmp_path, capsys):
    model = BusModel(reloadable=True)
    folder = folder_of(model, tmp_path)
    driver = Driver(model)
    fault(driver, model)
    assert run(folder, lambda _: ("", driver)) == step
    assert f"\n{step} " in capsys.readouterr().out
    assert json.loads((folder / "selftest.json").read_text())["status"] == step


def test_self_test_without_a_board(tmp_path, capsys):
    assert run(tmp_path, no_board) == 1
    assert capsys.readouterr().out == "1 pynq: FAILED: No Devices Found\n"


def test_self_test_without_golden_frames(tmp_path, capsys):
    model = BusModel()
    assert run(tmp_path, lambda _: ("", Driver(model))) == 3
    assert "golden.npz" in capsys.readouterr().out


def test_golden_frames_of_other_weights_are_optional(tmp_path):
    golden = Golden.load(folder_of(BusModel(), tmp_path))
    assert golden.other is None
    assert [step.number for step in steps()] == [3, 4, 5, 6, 7, 8, 9]
