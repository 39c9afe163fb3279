import numpy as np
import pytest

from hdl.packer import Packer
from hdl.plan import PackerPlan
from quant.qformat import QFormat
from sim.streams import no_stalls, random_stalls, receive, send
from tests.rtl import simulate


@pytest.mark.parametrize("seed", [None, 1, 2])
@pytest.mark.parametrize(("lanes", "count"), [(2, 6), (3, 7), (4, 1), (5, 3), (2, 2)])
def test_gathers_frames(lanes, count, seed):
    frames = np.random.default_rng(0).integers(-8, 8, (4, count))
    plan = PackerPlan(QFormat(4, 0), lanes=lanes, count=count)
    dut = Packer(plan)
    stalls = [no_stalls] * 2 if seed is None else [random_stalls(seed), random_stalls(seed + 9)]
    sent, got, cycles = [], [], []
    beats = -(-count // lanes)

    async def source(ctx):
        sent.extend(await send(ctx, dut.i, [[v] for v in frames.ravel().tolist()],
                               stalls=stalls[0]))

    async def sink(ctx):
        payloads, times = await receive(ctx, dut.o, 4 * beats, stalls=stalls[1])
        got.extend([value for value in payload] for payload in payloads)
        cycles.extend(times)

    simulate(dut, source, sink)
    for frame, values in enumerate(np.reshape(got, (4, beats * lanes))):
        np.testing.assert_array_equal(values[:count], frames[frame])
    if seed is None:
        assert cycles[:beats] == plan.output_times(sent[:count])
