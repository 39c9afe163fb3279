"""Threads, iterators, processes and other decoders on one port."""

import os
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from boards_rig import SimulatedPort, SumsDecoder, sums_model
from fake_board import FakeClock, FakePort

from build_decoder.boards.driver import Decoder, PortError
from build_decoder.boards.protocol import Protocol
from build_decoder.hdl.planning.interface import Interface
from build_decoder.models.errors import InputError


class BusyPort(FakePort):
    """Lets other threads run at every call, as a port does that waits for its line."""

    def write(self, data):
        time.sleep(0)
        super().write(data)
        time.sleep(0)

    def read(self, count):
        time.sleep(0)
        return super().read(count)


@pytest.fixture
def model():
    return sums_model()


@pytest.fixture
def decoder(model):
    clock = FakeClock()
    return Decoder(BusyPort(model, clock), Interface.of_model(model), clock=clock)


@pytest.fixture
def _restless():
    """Python's threads take turns as often as they can."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval)


def frames_of(model, count, seed):
    format = model.input_format
    rng = np.random.default_rng(seed)
    return rng.integers(format.min_raw, format.max_raw + 1, size=(count, model.input_count))


def in_threads(*calls):
    with ThreadPoolExecutor(len(calls)) as pool:
        return [future.result() for future in [pool.submit(call) for call in calls]]


@pytest.mark.usefixtures("_restless")
def test_two_threads_get_a_thousand_right_answers(model, decoder):
    parts = [frames_of(model, 500, seed) for seed in (1, 2)]
    answers = in_threads(*(lambda part=part: decoder.infer_raw(part) for part in parts))
    for part, answer in zip(parts, answers, strict=True):
        np.testing.assert_array_equal(answer, model.compute(part))
    assert decoder._exchange._port.requests == 1000  # no request had to be repeated


def test_two_threads_on_the_simulated_link(model):
    impatient = Protocol(idle_byte_times=8)
    port = SimulatedPort(SumsDecoder(model), protocol=impatient)
    interface = Interface.of_model(model)
    decoder = Decoder(port, interface, protocol=impatient, timeout=6e-4, clock=port)
    parts = [frames_of(model, 10, seed) for seed in (1, 2)]
    answers = in_threads(*(lambda part=part: decoder.infer_raw(part) for part in parts))
    for part, answer in zip(parts, answers, strict=True):
        np.testing.assert_array_equal(answer, model.compute(part))
    assert port.rejected == 0


@pytest.mark.usefixtures("_restless")
def test_an_iterator_and_calls_share_a_decoder(model, decoder):
    to_real = model.input_format.to_real
    streamed, called = frames_of(model, 100, 1), frames_of(model, 200, 2)
    expected = model.dequantise_output(model.compute(streamed))

    def stream():
        for y, wanted in zip(decoder.infer_iter(to_real(streamed)), expected, strict=True):
            np.testing.assert_array_equal(y, wanted)
            decoder.check()

    _, answer = in_threads(stream, lambda: decoder.infer_raw(called))
    np.testing.assert_array_equal(answer, model.compute(called))


def test_an_iterator_that_rests_keeps_nobody_waiting(model, decoder):
    frames = frames_of(model, 3, 1)
    iterator = decoder.infer_iter(model.input_format.to_real(frames))
    first = next(iterator)
    other = frames_of(model, 2, 2)
    np.testing.assert_array_equal(decoder.infer_raw(other), model.compute(other))
    rest = [first, *iterator]
    np.testing.assert_array_equal(rest, model.dequantise_output(model.compute(frames)))


def test_closing_waits_for_the_request_under_way(model):
    clock = FakeClock()
    port = FakePort(model, clock)
    writing, closing = threading.Event(), threading.Event()
    write = port.write
    closed_at = []

    def slow_write(data):
        writing.set()
        assert closing.wait(10)
        write(data)

    port.write = slow_write
    port.close = lambda: closed_at.append(port.requests)
    decoder = Decoder(port, Interface.of_model(model), clock=clock)

    def close():
        assert writing.wait(10)
        closing.set()
        decoder.close()

    info, _ = in_threads(decoder.info, close)
    assert info.input_count == model.input_count
    assert closed_at == [1]
    decoder.close()
    assert closed_at == [1]
    with pytest.raises(PortError, match="expected an open one, got one that is closed"):
        decoder.info()


def test_a_port_belongs_to_one_decoder(model):
    port, interface = FakePort(model, FakeClock()), Interface.of_model(model)
    first = Decoder(port, interface)
    with pytest.raises(InputError, match="one for this decoder alone, got one already in use"):
        Decoder(port, interface)
    first.close()
    Decoder(port, interface)


def test_a_forked_process_is_refused(model, decoder, monkeypatch):
    decoder.check()
    requests = decoder._exchange._port.requests
    here = os.getpid()
    monkeypatch.setattr("os.getpid", lambda: here + 1)
    with pytest.raises(PortError, match=f"process {here}, which opened it, got process {here + 1}"):
        decoder.check()
    assert decoder._exchange._port.requests == requests
