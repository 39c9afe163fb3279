"""The driver of PYNQ boards on the Verilog of a shell, over simulated AXI and memory."""

from dataclasses import replace

import numpy as np
import pytest

from build_decoder.bench.axi.simulation import AxiSimulation
from build_decoder.bench.loaded_frames import telling_frames
from build_decoder.boards.axi.shell import AxiLiteShell, AxiShell
from build_decoder.boards.pynq.other_weights import other_weights
from build_decoder.hdl.planning.decoder_plan import DecoderPlan
from build_decoder.hdl.planning.folding import Folding
from build_decoder.hdl.reloadable_decoder import ReloadableDecoder
from build_decoder.models.errors import ToolError
from build_decoder.quant.qformat import QFormat
from tests.boards_rig import SumsDecoder, sums_model
from tests.reloads import built_model, other_model

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


@pytest.mark.parametrize(
    "most", [pytest.param([583, 400], marks=pytest.mark.slow), [73, 90]], ids=sum
)
def test_many_frames_over_stalling_buses(simulations, most):
    counts = [1, 7, 1, 8, *most]
    found = simulations(AxiShell).run(
        DRIVEN + "by_driver", arrays=frames(sum(counts)), settings={"counts": counts}, stalls=True
    )
    assert found["frames"] == found["FRAMES_OUT"] == sum(counts)
    assert (found["mismatches"], found["ERRORS"], found["faults"]) == (0, 0, 0)
    # Nine frames by words, the rest a buffer at a time.
    assert found["accesses"] < 3 * sum(counts)


@pytest.mark.slow
def test_a_core_without_memory(simulations):
    found = simulations(AxiLiteShell).run(
        DRIVEN + "by_driver", arrays=frames(25), settings={"counts": [5, 20]}, stalls=True
    )
    assert (found["frames"], found["mismatches"]) == (25, 0)
    assert (found["ERRORS"], found["faults"]) == (0, 0)


def test_the_self_test(simulations):
    found = simulations(AxiShell).run(DRIVEN + "by_self_test", arrays=frames(64))
    assert found["faults"] == 0
    identity, scratch, windows, words, memory, other = found["told"]
    assert other == "left out: this decoder was built without --reloadable"
    assert identity == "sums, fingerprint cafe1234"
    assert scratch == "34 patterns"
    assert windows == "3 words by words; not mapped, so none by bursts"
    assert words == "64 frames, 0 mismatches; 12 cycles a frame, as documented"
    assert memory.endswith("frames, 0 mismatches")


BUILT = built_model((11, 7, 3))


@pytest.fixture(scope="module")
def reloading(tmp_path_factory):
    """A reloadable decoder at the bus, its simulation, and frames that tell models apart."""
    plan = DecoderPlan.of(BUILT, [Folding(1, 7), Folding(1, 3)], reloadable=True)
    decoder = ReloadableDecoder(plan)
    x_raw = np.random.default_rng(3).integers(0, 16, (20, 11))
    try:
        simulation = AxiSimulation(AxiShell(decoder), tmp_path_factory.mktemp("reloading"))
    except ToolError as error:
        pytest.skip(str(error))
    return decoder, simulation, x_raw


def test_five_images_are_loaded_over_stalling_buses(reloading):
    decoder, simulation, x_raw = reloading
    models = [other_model(BUILT, seed) for seed in range(5)]
    arrays = {"x_raw": x_raw, "y_raw": BUILT.compute(x_raw)}
    for number, model in enumerate(models):
        arrays[f"words_{number}"] = decoder.images.image(model)
        arrays[f"y_{number}"] = model.compute(x_raw)
    settings = {"images": len(models)}
    found = simulation.run(DRIVEN + "by_loading", arrays=arrays, settings=settings, stalls=True)
    assert found["mismatches"] == [0] * 6
    assert found["fingerprints"] == [model.fingerprint() for model in (BUILT, *models)]
    assert found["faults"] == 0
    # Not two of them answer alike.
    assert len({arrays[name].tobytes() for name in arrays if name.startswith("y_")}) == 6


def test_the_self_test_of_a_reloadable_decoder(reloading):
    decoder, simulation, x_raw = reloading
    other = other_weights(decoder.images, x_raw)
    y_raw = BUILT.compute(x_raw)
    # The weights that the build has are all alike: others have to be told apart.
    random = replace(decoder.images, built=other_model(BUILT, 9))
    assert (other_weights(random, x_raw).y_raw != random.built.compute(x_raw)).any()
    arrays = {"x_raw": x_raw, "y_raw": y_raw, "other": other.y_raw, "words": other.words}
    found = simulation.run(DRIVEN + "by_self_test", arrays=arrays)
    assert found["faults"] == 0
    assert found["told"][-1].startswith(f"{len(other.words)} words (CRC-32 ")


@pytest.mark.slow
def test_five_images_are_loaded_while_frames_go_through_memory(reloading):
    decoder, simulation, _ = reloading
    models = [BUILT, *(other_model(BUILT, seed) for seed in range(11, 16))]
    x_raw = np.random.default_rng(4).integers(0, 16, (320, 11))
    expected = np.stack([model.compute(x_raw) for model in models])
    tells = telling_frames(x_raw, expected)
    assert len(tells) > 280
    arrays = {"x_raw": x_raw[tells], "expected": expected[:, tells],
              "words": np.stack([decoder.images.image(model) for model in models[1:]])}  # fmt: skip
    scenario = "build_decoder.bench.axi.loaded:by_loading_meanwhile"
    found = simulation.run(scenario, arrays=arrays, stalls=True)
    assert (found["mismatches"], found["mixed"]) == (0, 0)
    assert (found["faults"], found["ERRORS"]) == (0, 0)
    assert found["frames"] == found["FRAMES_OUT"] == 5 * len(tells)
    for before, switch, after in found["switches"]:
        assert 20 < before <= switch <= after < len(tells)
    # One model too early, all frames are wrong but those of the image that is loaded twice.
    wrong = arrays | {"expected": expected[:, tells][[0, 0, 1, 2, 3, 4]]}
    found = simulation.run(scenario, arrays=wrong)
    assert found["mismatches"] > 3 * len(tells)
