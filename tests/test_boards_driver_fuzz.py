"""The driver on a line that corrupts, drops, repeats, delays and makes noise, both ways."""

import numpy as np
import pytest
from boards_rig import sums_model
from fake_board import READ_SECONDS, FakeClock, FakePort, Faults, SureProtocol

from build_decoder.boards.driver import Decoder, LinkError
from build_decoder.boards.protocol import PROTOCOL, Command, element_bytes
from build_decoder.hdl.planning.interface import Interface


@pytest.mark.parametrize("seed", range(4))
def test_an_answer_is_right_or_an_error_and_comes_in_time(seed):
    model, clock, rng = sums_model(), FakeClock(), np.random.default_rng(seed)
    protocol, faults = SureProtocol(), Faults(rng)
    port = FakePort(model, clock, protocol=protocol, to_board=faults, from_board=faults)
    decoder = Decoder(port, Interface.of_model(model), protocol=protocol, clock=clock)
    format = model.input_format
    longest = _longest_seconds(decoder, model)
    outcomes = {"right": 0, "error": 0}
    for _ in range(1000):
        x_raw = rng.integers(format.min_raw, format.max_raw + 1, size=model.input_count)
        start = clock.now
        try:
            y_raw = decoder.infer_raw(x_raw)
        except LinkError:
            outcomes["error"] += 1
        else:
            outcomes["right"] += 1
            np.testing.assert_array_equal(y_raw, model.compute(x_raw[None])[0])
        assert clock.now - start <= longest
    # The faults do their work, and the repetition does its own.
    assert outcomes["error"] > 20
    assert outcomes["right"] > 700
    assert port.requests > 1200


def _longest_seconds(decoder, model):
    """Two attempts, the pause between them, and for each the wait for bytes that ends it."""
    payload = model.input_count * element_bytes(model.input_format)
    attempt = decoder._exchange.seconds(Command.INFER, payload) + READ_SECONDS + 0.002
    return 2 * attempt + 2 * PROTOCOL.idle_byte_times * 1e-5


def test_a_line_without_faults_needs_no_repetition():
    model, clock = sums_model(), FakeClock()
    port = FakePort(model, clock)
    decoder = Decoder(port, Interface.of_model(model), clock=clock)
    x_raw = np.zeros((300, model.input_count), int)  # more than there are tags
    np.testing.assert_array_equal(decoder.infer_raw(x_raw), model.compute(x_raw))
    assert port.requests == 300
