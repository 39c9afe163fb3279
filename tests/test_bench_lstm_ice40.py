"""The LSTM on an iCE40UP5K: what it is trained on, and its row."""

import numpy as np

from build_decoder.bench.lstm_ice40 import CHANNELS, CLASSES, STEPS, row_of, waves


def test_a_class_is_the_turns_of_a_wave_in_each_channel():
    x, labels = waves(np.random.default_rng(1), 200)
    assert x.shape == (200, STEPS, CHANNELS)
    assert set(labels) == set(range(CLASSES))
    power = (np.abs(np.fft.rfft(x, axis=1)) ** 2).sum(axis=2)
    np.testing.assert_array_equal(power[:, 1 : 1 + CLASSES].argmax(axis=1), labels)


def test_values_are_those_of_a_converter_of_8_bits():
    x, _ = waves(np.random.default_rng(1), 200)
    codes = 16 * x
    np.testing.assert_array_equal(codes, np.round(codes))
    assert codes.min() >= -128
    assert codes.max() <= 127
    again, _ = waves(np.random.default_rng(1), 200)
    np.testing.assert_array_equal(x, again)


def test_a_row_tells_what_the_report_does():
    report = {
        "quality": {"held_out": {"float_accuracy": 0.96, "accuracy": 0.956}},
        "placed_resources": {"lut": 3486, "ff": None, "dsp": 5, "bram": 24},
        "built_topology": "20x16-32-4", "frame_cycles": 30_000, "latency_cycles": 30_914,
        "clock_mhz": 12.0, "fmax_mhz": 25.75, "average_bit_width": 8.71,
        "vectors_checked": 1032, "mismatches": 0,
    }  # fmt: skip
    assert row_of(report, 123_008) == (
        "| 20x16-32-4 | 123,008 | 30,000 | 30,914 | 400 | 12, 25.8 | 3,486 | 5 | 24 | 8.7 "
        "| 96.0%, 95.6% | 1,032, 0 |"
    )
