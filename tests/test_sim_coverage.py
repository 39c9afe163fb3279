"""What frames reached: cycles of streams and states, and saturated values."""

import numpy as np
import pytest

from build_decoder.hdl.decoder import Decoder
from build_decoder.hdl.export import to_verilog
from build_decoder.quant.activations.table import Table
from build_decoder.quant.limiting import noting
from build_decoder.quant.qformat import QFormat
from build_decoder.quant.reached import ReachedCodes, reached_codes
from build_decoder.quant.rounding import Rounding
from build_decoder.sim.coverage import codes_table, run_tables
from build_decoder.sim.decoder_bench import ExportedDecoder, decoder_bench
from build_decoder.sim.meters import StreamCycles, meters_of, read_meters
from build_decoder.sim.random_engines import random_engine
from build_decoder.sim.random_networks import random_frames, random_network


@pytest.mark.slow
def test_an_engine_is_metered(tmp_path):
    random = np.random.default_rng([14, 3])
    network = random_engine(random)
    plan, x_raw = network.plan, random_frames(random, network.model, 4)
    (tmp_path / "decoder.v").write_text(to_verilog(Decoder(plan)))
    meters = meters_of(plan)
    exported = ExportedDecoder(tmp_path / "decoder.v", plan.interface)
    bench = decoder_bench(exported, tmp_path, frames=4, meters=meters)
    bench.run(x_raw, network.model.compute(x_raw), tmp_path / "run", stall_seed=3)
    counted = {meter.name: found for meter, found in read_meters(tmp_path / "run", meters)}
    streams = {name: found for name, found in counted.items() if isinstance(found, StreamCycles)}
    assert [*streams] == ["x -> fifo", "fifo -> engine", "engine ->"]
    # Counts begin anew with the reset in the middle of a run with stalls.
    beats = [plan.input_beats, plan.input_beats, plan.output_beats]
    assert [found.moved for found in streams.values()] == [4 * count for count in beats]
    (cycles,) = {
        found.moved + found.held + found.starved + found.idle for found in streams.values()
    }
    states = counted["engine"]
    assert [*states] == ["FETCH", "FETCHED", "BEGIN", "LOAD", "RUN", "FLUSH"]
    assert sum(states.values()) == cycles
    assert min(states.values()) > 0
    lines = [*run_tables(tmp_path / "run", meters)]
    assert lines[0].split() == ["cycles", "of", "a", "stream", "moved", "held", "starved", "idle"]
    assert f"RUN {states['RUN']:,}" in " ".join(" ".join(lines).split())


def test_saturated_values_are_counted():
    """As values narrowed to wider formats, which are those that were beyond the format."""
    random = np.random.default_rng(7)
    found = 0
    for _ in range(10):
        network = random_network(random)
        model = network.model
        x_raw = random_frames(random, model, 30)
        for codes in reached_codes(model, x_raw):
            layer = next(node.layer for node in model.nodes if node.name == codes.node)
            words = {signal.role: signal.words for signal in layer.signals}
            if isinstance(layer.activation, Table):
                # It gives outputs as they are.
                words["output"] = 0
            assert codes.values == 30 * sum(words[role] for role in codes.roles)
            assert all(
                signal.format == codes.format
                for signal in layer.signals if signal.role in codes.roles
            )
            assert (codes.saturated_low > 0) == (codes.low < codes.format.min_raw)
            assert (codes.saturated_high > 0) == (codes.high > codes.format.max_raw)
            assert codes.saturated_low + codes.saturated_high <= codes.values
            found += codes.saturated_low + codes.saturated_high
        assert [*codes_table(reached_codes(model, x_raw))][0].startswith("values of a node")
    assert found


def test_each_saturated_value_is_counted_once():
    format = QFormat(2, 1, True)  # -4 to 3
    codes = ReachedCodes("node", ("sum",), format)
    with noting(lambda target, raw: codes.add(raw) if target == format else None):
        format.narrow([-9, -8, 7, 3, 40], 2, Rounding.FLOOR)
    assert (codes.values, codes.low, codes.high) == (5, -5, 20)
    assert (codes.saturated_low, codes.saturated_high) == (1, 1)
