"""Sums of attention in hardware: stages by themselves, and whole networks that decide."""

import numpy as np
import pytest

from build_decoder.hdl.decoder import Decoder
from build_decoder.hdl.export import to_verilog
from build_decoder.hdl.families import get
from build_decoder.hdl.layers.attention_sums.plan import AttentionSumsPlan
from build_decoder.hdl.planning.decoder_plan import DecoderPlan
from build_decoder.hdl.planning.design import design_decoder
from build_decoder.hdl.planning.folding import Folding
from build_decoder.models import Architecture, Input, Node
from build_decoder.models.layers.attention import Attention
from build_decoder.models.layers.dense import Dense
from build_decoder.models.rewrites import rewrite
from build_decoder.quant.activations.table import Table
from build_decoder.quant.answer import answering
from build_decoder.quant.formats import integer_model
from build_decoder.quant.integer_model import IntegerModel
from build_decoder.quant.layers.attention_sums import AttentionSums
from build_decoder.quant.operations.attend_sums import AttendSums
from build_decoder.quant.operations.biased_sum import effective_accumulator
from build_decoder.quant.operations.raw_array import RawArray
from build_decoder.quant.qformat import QFormat
from build_decoder.quant.range_analysis import analyse_ranges
from build_decoder.sim.decoder_bench import ExportedDecoder
from build_decoder.sim.netlist_check import check_netlist
from build_decoder.sim.synthesis import TARGETS
from tests.architectures import random_network
from tests.fuzzed import check_decoder
from tests.stage_rig import check_control, component, run

STEPS, CHANNELS = 5, 6


def sweep(value) -> object:
    """A parameter of the long sweeps."""
    return pytest.param(value, marks=pytest.mark.slow)


def model() -> tuple[IntegerModel, np.ndarray]:
    """Attention whose sums two dense layers decide by, and windows for it."""
    nodes = (
        Node("weighted", ("x",), Attention()), Node("hidden", ("weighted",), Dense(4, "relu")),
        Node("y", ("hidden",), Dense(3, "linear")),
    )
    given = random_network(Architecture("r", (Input("x", (STEPS, CHANNELS)),), nodes))
    network = rewrite(given, decision=True).network
    x = np.random.default_rng(1).uniform(-1, 1, (20, STEPS, CHANNELS))
    formats = {
        key: QFormat(found.integer, max(7, found.integer + 1) - found.integer, found.signed)
        for key, found in analyse_ranges(network, x).items()
    }
    made = answering(integer_model(network, formats), "decision")
    return made, made.quantise_input(x[:4].reshape(4, -1))


def layer(
    *, steps: int, channels: int, input: QFormat = QFormat(2, 2), output: QFormat = QFormat(6, 1)
) -> AttentionSums:
    """Sums with powers 1, 2, 3 and 5, each of a score of its own."""
    weight = QFormat(4, 0)
    rng = np.random.default_rng(0)
    accumulator = effective_accumulator(QFormat(8, 0), input.fraction)
    return AttentionSums(
        AttendSums(
            input=input, weights=RawArray(weight, rng.integers(-8, 8, (channels, 1))),
            biases=RawArray(weight, rng.integers(-8, 8, (steps, 1))),
            accumulator=accumulator,
            power=Table(QFormat(2, 0), QFormat(3, 0, signed=False), (1, 2, 3, 5)), output=output,
        )
    )  # fmt: skip


@pytest.mark.parametrize("inputs", [1, 4, *map(sweep, (2, 6))])
def test_every_stream_of_a_network(inputs):
    net, x = model()
    plan = DecoderPlan.chosen(
        net, {"weighted": {"folding": Folding(inputs, 1)}, "hidden": {"folding": Folding(2, 1)}}
    )
    assert type(plan.layers["weighted"]) is AttentionSumsPlan
    check_decoder(Decoder(plan), x)


@pytest.mark.parametrize(
    ("steps", "channels", "inputs", "lanes"),
    [
        (1, 3, 2, 1),  # full rows, the last of which has the 1
        (2, 3, 1, 1),  # a row of its own for the 1
        (2, 4, 2, 2), (2, 4, 2, 1), (1, 2, 2, 2),
        (2, 6, 4, 4),  # the last row is not full
    ],
)  # fmt: skip
def test_transfers_come_as_actors_say(steps, channels, inputs, lanes):
    made = layer(steps=steps, channels=channels)
    plan = AttentionSumsPlan(made, Folding(inputs, 1), lanes)
    check_control(component(plan), (1.0, 1.0), (0.7, 0.4), cycles=250)
    x = np.random.default_rng(2).integers(-8, 8, (12, steps, channels))
    (got,), *_ = run(component(plan), [x.reshape(len(x), -1)], seed=1)
    np.testing.assert_array_equal(got, made.compute(x))


@pytest.mark.parametrize("input", [
    QFormat(2, 2, signed=False), QFormat(6, -2), QFormat(5, -1, signed=False), QFormat(-1, 4),
    QFormat(4, 0),
], ids=str)  # fmt: skip
@pytest.mark.parametrize("output", [QFormat(8, 4), QFormat(9, -3), QFormat(2, 1, False)], ids=str)
def test_any_formats(input, output):
    made = layer(steps=3, channels=3, input=input, output=output)
    plan = AttentionSumsPlan(made, Folding(2, 1), 1)
    x = np.random.default_rng(3).integers(input.min_raw, input.max_raw + 1, (20, 3, 3))
    (got,), *_ = run(component(plan), [x.reshape(len(x), -1)], seed=None)
    np.testing.assert_array_equal(got, made.compute(x))


def test_times():
    """Of 32 channels: sums come with the last step's products, and no frame waits."""
    plan = AttentionSumsPlan(layer(steps=8, channels=32), Folding(1, 1), 1)
    last_value = 7 * (2 * 32 + 5) + 31
    assert plan.times.latency - last_value == 39
    assert plan.times.pace == 8 * (2 * 32 + 5)


@pytest.mark.slow
@pytest.mark.parametrize("family", [*map(get, TARGETS)], ids=str)
def test_netlist(family, tmp_path):
    net, x = model()
    made = design_decoder(net, family=family)
    (tmp_path / "decoder.v").write_text(to_verilog(Decoder(made), family=family))
    decoder = ExportedDecoder(tmp_path / "decoder.v", made.interface, family)
    check = check_netlist(decoder, x[:3], net.compute(x[:3]), tmp_path, stall_seed=5)
    assert (check.vectors_checked, check.mismatches) == (6, 0), check.first_mismatch
