"""Answers as they come, what is kept of them when the link fails, and inputs that saturate."""

import warnings

import numpy as np
import pytest
from boards_rig import sums_model
from fake_board import FakeClock, FakePort

from build_decoder.boards.driver import (
    Decoder,
    LinkError,
    LinkTimeout,
    PortError,
    SaturationWarning,
)
from build_decoder.hdl.planning.interface import Interface
from build_decoder.models.errors import InputError


@pytest.fixture
def model():
    return sums_model()


def opened(model):
    clock = FakeClock()
    port = FakePort(model, clock)
    return port, Decoder(port, Interface.of_model(model), clock=clock)


def frames_of(model, count):
    return model.input_format.to_real(
        np.random.default_rng(1).integers(-16, 16, size=(count, model.input_count))
    )


def unplug(port, after):
    """Take the cable out before request number ``after``, counted from 0."""
    write = port.write

    def failing(data):
        if port.requests == after:
            raise OSError(5, "Input/output error")
        write(data)

    port.write = failing


def test_results_before_a_failure_are_kept(model):
    port, decoder = opened(model)
    unplug(port, 89)
    x = frames_of(model, 200)
    message = r"sample 89: port: .*Input/output error; the 89 answers before it are in `results`"
    with pytest.raises(PortError, match=message) as caught:
        decoder.infer(x)
    x_raw = model.quantise_input(x[:89])
    expected = model.dequantise_output(model.compute(x_raw))
    np.testing.assert_array_equal(caught.value.results, expected)
    assert caught.value.results.dtype == np.float64


def test_raw_results_before_a_failure_are_kept(model):
    port, decoder = opened(model)
    x_raw = model.quantise_input(frames_of(model, 10))
    from_board = port.from_board
    port.from_board = lambda reply: [] if port.requests > 4 else from_board(reply)
    with pytest.raises(LinkTimeout, match="sample 4: no reply") as caught:
        decoder.infer_raw(x_raw)
    np.testing.assert_array_equal(caught.value.results, model.compute(x_raw[:4]))
    assert caught.value.results.dtype == np.int64


@pytest.mark.parametrize("shape", [(6,), (3, 6)])
def test_a_failure_at_once_leaves_no_results(model, shape):
    port, decoder = opened(model)
    unplug(port, 0)
    with pytest.raises(LinkError, match="^sample 0: port: .*error$") as caught:
        decoder.infer(np.zeros(shape))
    assert caught.value.results.shape == (0, 2)


def test_results_survive_a_port_that_cannot_be_closed(model):
    port, decoder = opened(model)
    unplug(port, 2)

    def close():
        raise OSError(5, "Input/output error")

    port.close = close
    with pytest.raises(PortError, match="sample 2") as caught, decoder:
        decoder.infer(np.zeros((3, 6)))
    assert caught.value.results.shape == (2, 2)


def test_frames_are_taken_and_answered_one_by_one(model):
    port, decoder = opened(model)
    x, taken = frames_of(model, 5), []

    def frames():
        for index, frame in enumerate(x):
            taken.append(index)
            yield frame.tolist()

    answers = decoder.infer_iter(frames())
    assert (taken, port.requests) == ([], 0)
    expected = model.dequantise_output(model.compute(model.quantise_input(x)))
    for index, wanted in enumerate(expected):
        np.testing.assert_array_equal(next(answers), wanted)
        assert taken == list(range(index + 1))
        assert port.requests == index + 1
    assert next(answers, None) is None


def test_an_iterator_tells_the_sample_at_which_the_link_fails(model):
    port, decoder = opened(model)
    unplug(port, 2)
    answers = decoder.infer_iter(frames_of(model, 5))
    next(answers)
    next(answers)
    with pytest.raises(PortError, match="^sample 2: port: .*error$"):
        next(answers)


@pytest.mark.parametrize(
    ("frames", "message"),
    [
        (5, "inputs: expected frames, got 5"),
        ([[0] * 6, [0] * 5], r"sample 1: expected shape \(6,\), got \(5,\)"),
        ([[0] * 6, [[0] * 6]], r"sample 1: expected shape \(6,\), got \(1, 6\)"),
        ([[0] * 6, [0] * 5 + [np.nan]], "sample 1: expected finite numbers, got 1 of 6"),
        (["abc"], "sample 0: expected real numbers"),
        (np.zeros((4, 5)), r"inputs: expected shape \(samples, 6\), got \(4, 5\)"),
    ],
)
def test_bad_frames_of_an_iterator(model, frames, message):
    _, decoder = opened(model)
    with pytest.raises(InputError, match=message):
        list(decoder.infer_iter(frames))


def test_progress_is_told_after_each_sample(model):
    port, decoder = opened(model)
    told = []
    decoder.infer(
        np.zeros((3, 6)), progress=lambda done, of: told.append((done, of, port.requests))
    )
    assert told == [(1, 3, 1), (2, 3, 2), (3, 3, 3)]


def test_saturated_inputs_are_told_once_and_counted(model):
    _, decoder = opened(model)
    x = np.zeros((4, 6))
    x[2, 5], x[3, 0], x[3, 1] = 4.0, -4.2, 1e300
    message = (
        r"3 of 24 input values lie outside of -4 to 3.75 \(sQ3.2\) and were saturated, "
        r"the first 4 at sample 2, input 5"
    )
    with pytest.warns(SaturationWarning, match=message) as told:
        y = decoder.infer(x)
    assert len(told) == 1
    assert told[0].filename == __file__
    clipped = np.clip(x, -4, 3.75)
    np.testing.assert_array_equal(y, decoder.infer(clipped))
    assert decoder.saturated == 3
    with pytest.warns(SaturationWarning, match="the first 4 at sample 0, input 5") as told:
        decoder.infer(x[2])
    assert (len(told), decoder.saturated) == (1, 4)
    with pytest.warns(SaturationWarning):
        decoder.quantise(x)
    assert decoder.saturated == 7


@pytest.mark.parametrize("x", [3.75, 3.8, 3.8749, -4.0, -4.125])
def test_values_that_round_into_the_format_do_not_saturate(model, x):
    _, decoder = opened(model)
    decoder.infer(np.full(6, x))
    assert decoder.saturated == 0


@pytest.mark.parametrize("x", [3.875, -4.1251])
def test_values_beside_them_do(model, x):
    _, decoder = opened(model)
    with pytest.warns(SaturationWarning, match="6 of 6"):
        decoder.infer(np.full(6, x))


def test_an_iterator_tells_of_the_first_frame_that_saturates(model):
    _, decoder = opened(model)
    frames = [[0] * 6, [9, 0, 0, 0, 0, 9], [9] * 6]
    with pytest.warns(SaturationWarning, match="2 of 6 .* first 9 at sample 1, input 0") as told:
        list(decoder.infer_iter(iter(frames)))
    assert (len(told), decoder.saturated) == (1, 8)
    assert told[0].filename == __file__


def test_saturation_may_be_made_an_error_before_anything_is_sent(model):
    port, decoder = opened(model)
    with warnings.catch_warnings():
        warnings.simplefilter("error", SaturationWarning)
        with pytest.raises(SaturationWarning):
            decoder.infer(np.full((3, 6), 9.0))
    assert port.requests == 0
