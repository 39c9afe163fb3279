"""The driver of PYNQ boards on the Verilog of a shell, over simulated AXI and memory."""

import numpy as np
import pytest

from build_decoder.bench.axi.simulation import AxiSimulation
from build_decoder.boards.axi.shell import AxiLiteShell, AxiShell
from build_decoder.models.errors import ToolError
from build_decoder.quant.qformat import QFormat
from tests.boards_rig import SumsDecoder, sums_model

DRIVEN = "build_decoder.bench.axi.driven:"
MODEL = sums_model(inputs=19, outputs=3, input_format=QFormat(4, 0), output_format=QFormat(9, 0))


@pytest.fixture(scope="module")
def simulations(tmp_path_factory):
    made = {}

    def simulation(kind) -> AxiSimulation:
        if kind not in made:
            try:
                decoder = SumsDecoder(MODEL, lanes=2)
                # As it is: ten transfers in, and the last of three out two cycles behind the first.
                decoder.latency_cycles = 12
                shell = kind(decoder)
                made[kind] = AxiSimulation(shell, tmp_path_factory.mktemp("driven"))
            except ToolError as error:
                pytest.skip(str(error))
        return made[kind]

    return simulation


def frames(count):
    x_raw = np.random.default_rng(5).integers(-8, 8, (count, MODEL.input_count))
    return {"x_raw": x_raw, "y_raw": MODEL.compute(x_raw)}


def test_a_thousand_frames_over_stalling_buses(simulations):
    counts = [1, 7, 1, 8, 583, 400]
    found = simulations(AxiShell).run(
        DRIVEN + "by_driver", arrays=frames(1000), settings={"counts": counts}, stalls=True
    )
    assert found["frames"] == found["FRAMES_OUT"] == 1000
    assert (found["mismatches"], found["ERRORS"], found["faults"]) == (0, 0, 0)
    # Nine frames by words, the rest a buffer at a time.
    assert found["accesses"] < 2000


def test_a_core_without_memory(simulations):
    found = simulations(AxiLiteShell).run(
        DRIVEN + "by_driver", arrays=frames(25), settings={"counts": [5, 20]}, stalls=True
    )
    assert (found["frames"], found["mismatches"]) == (25, 0)
    assert (found["ERRORS"], found["faults"]) == (0, 0)


def test_the_self_test(simulations):
    found = simulations(AxiShell).run(DRIVEN + "by_self_test", arrays=frames(64))
    assert found["faults"] == 0
    identity, scratch, windows, words, memory = found["told"]
    assert identity == "sums, fingerprint cafe1234"
    assert scratch == "34 patterns"
    assert windows == "3 words by words; not mapped, so none by bursts"
    assert words == "64 frames, 0 mismatches; 12 cycles a frame, as documented"
    assert memory.endswith("frames, 0 mismatches")
