"""Bit heaps in cells of their own: the plan tells what synthesis counts, and the netlist equals
the integer model."""

import numpy as np
import pytest

from build_decoder.hdl.decoder import Decoder
from build_decoder.hdl.export import to_verilog
from build_decoder.hdl.families import DEFAULT, FAMILIES
from build_decoder.hdl.heap.compressors import NAMES
from build_decoder.hdl.heap.stages import on_heap
from build_decoder.sim.decoder_bench import ExportedDecoder, decoder_bench
from build_decoder.sim.netlist_check import check_netlist
from build_decoder.sim.random_heaps import random_heaps
from build_decoder.sim.random_networks import random_frames
from tests.test_hdl_heap_decoder import small_model


def exported(model, name, folder, planes):
    plan, family = on_heap(model, name, planes), FAMILIES[name]
    source = folder / "decoder.v"
    source.write_text(to_verilog(Decoder(plan), family=family))
    x_raw = random_frames(np.random.default_rng(3), model, 200)
    return plan, ExportedDecoder(source, plan.interface, family), x_raw


def check(model, name, folder, planes):
    """Verilog with the family's cells, and its netlist, each back to back and with stalls."""
    plan, decoder, x_raw = exported(model, name, folder, planes)
    y_raw = model.compute(x_raw)
    bench = decoder_bench(decoder, folder / "bench", frames=len(x_raw))
    for stalls in (None, 5):
        result = bench.run(x_raw, y_raw, folder / "run", stall_seed=stalls)
        assert (result.mismatches, result.vectors_checked) == (0, 200), result.first_mismatch
        if stalls is None:
            assert (result.latency_cycles, result.frame_cycles) == (plan.latency_cycles, planes)
    found = check_netlist(decoder, x_raw, y_raw, folder / "netlist", stall_seed=5)
    assert (found.mismatches, found.vectors_checked) == (0, 400), found.first_mismatch
    return plan.stages[0].plan, found.resources


def check_counts(name, heap, resources):
    assert (resources.dsp, resources.bram) == (0, 0)
    # Of a shift register, synthesis may leave one as it is.
    assert 0 <= resources.ff - heap.flip_flops <= len(heap.shifted)
    if name == DEFAULT.name:
        # But for a LUT of a chain that begins or ends with constants.
        assert heap.luts - 1 <= resources.lut <= heap.luts
    else:
        # Synthesis looks into CCU2Cs and LUTs there: an estimate.
        assert 0.9 * heap.luts - 10 < resources.lut < 1.02 * heap.luts + 10


@pytest.mark.slow
@pytest.mark.parametrize("planes", [1, 2, 3])
@pytest.mark.parametrize("name", NAMES)
def test_a_small_network(name, planes, tmp_path):
    heap, resources = check(small_model(), name, tmp_path, planes)
    check_counts(name, heap, resources)
    assert resources.lut == heap.luts


@pytest.mark.slow
@pytest.mark.parametrize("number", range(4))
@pytest.mark.parametrize("name", NAMES)
def test_random_networks(name, number, tmp_path):
    drawn = random_heaps(np.random.default_rng([13, number]))
    while drawn.model.classes is not None:
        # What a decision takes, synthesis decides.
        number += 10
        drawn = random_heaps(np.random.default_rng([13, number]))
    check_counts(name, *check(drawn.model, name, tmp_path, drawn.planes))
