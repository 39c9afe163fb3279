"""Both shells, exported as Verilog, between cocotbext-axi's processor and memory."""

import numpy as np
import pytest

from build_decoder.bench.axi.simulation import AxiSimulation
from build_decoder.boards.axi.shell import AxiLiteShell, AxiShell
from build_decoder.models.errors import ToolError
from build_decoder.quant.qformat import QFormat
from tests.boards_rig import SumsDecoder, sums_model
from tests.sweeps import swept, swept_cases

OURS = "tests.axi_scenarios:"
FRAMES = "build_decoder.bench.axi.scenarios:"

MODELS = {
    # Two lanes in a part of a word, and a frame over several bursts.
    "axi": (sums_model(inputs=300, outputs=5, input_format=QFormat(4, 0, False)), 2),
    # Transfers of parts of several words, and values of more than a word.
    "wide": (sums_model(inputs=10, outputs=3, input_format=QFormat(5, 0),
                        output_format=QFormat(40, 0)), 5),
    "lite": (sums_model(inputs=50, outputs=5, output_format=QFormat(33, 0)), 3),
}  # fmt: skip


@pytest.fixture(scope="module")
def simulations(tmp_path_factory):
    """The simulation of a shell called by its name, compiled once."""
    made = {}

    def simulation(name: str) -> AxiSimulation:
        if name not in made:
            model, lanes = MODELS[name]
            decoder = SumsDecoder(model, lanes=lanes)
            shell = AxiLiteShell(decoder) if name == "lite" else AxiShell(decoder)
            try:
                made[name] = AxiSimulation(shell, tmp_path_factory.mktemp(name))
            except ToolError as error:
                pytest.skip(str(error))
        return made[name]

    return simulation


def frames(name: str, count: int, seed: int) -> dict[str, np.ndarray]:
    model, _ = MODELS[name]
    low, high = model.input_format.min_raw, model.input_format.max_raw
    shape = (count, model.input_count)
    x_raw = np.random.default_rng(seed).integers(low, high, shape, endpoint=True)
    return {"x_raw": x_raw, "y_raw": model.compute(x_raw)}


@pytest.mark.parametrize("name", MODELS)
def test_registers_after_reset(simulations, name):
    simulation = simulations(name)
    expected = {
        each.name: each.reset for each in simulation.registers.registers if "r" in each.access
    }
    found = simulation.run(OURS + "description", stalls=True)
    assert found.pop("faults") == 0
    found.pop("cycle")
    assert found == expected


@pytest.mark.parametrize("name", ["axi", "lite"])
def test_reads_and_writes_of_any_bytes(simulations, name):
    settings = {"accesses": 150}
    found = simulations(name).run(OURS + "memory_accesses", settings=settings, stalls=True, seed=2)
    assert found["faults"] == 0


def test_fixed_bursts(simulations):
    assert simulations("axi").run(OURS + "fixed_bursts", stalls=True, seed=3)["faults"] == 0


@pytest.mark.parametrize("name", ["axi", "lite"])
def test_wrong_addresses(simulations, name):
    found = simulations(name).run(OURS + "wrong_addresses", stalls=True, seed=4)
    assert found["errors"] > 50
    assert found["faults"] == 0


@pytest.mark.parametrize("name", ["axi", "lite"])
def test_one_thing_at_a_time(simulations, name):
    found = simulations(name).run(OURS + "exclusive", arrays=frames(name, 1, 5), seed=5)
    assert found["faults"] == 0


@pytest.mark.parametrize("stalls", swept([True, False], 2))
@pytest.mark.parametrize(("name", "bursts"), [("axi", True), ("wide", False), ("lite", False)])
def test_frames_by_windows(simulations, name, bursts, stalls):
    found = simulations(name).run(
        FRAMES + "by_windows", arrays=frames(name, 20, 6), settings={"bursts": bursts},
        stalls=stalls, seed=6,
    )  # fmt: skip
    assert found["mismatches"] == found["faults"] == found["ERRORS"] == 0
    assert found["FRAMES_IN"] == found["FRAMES_OUT"] == 20


@pytest.mark.parametrize("stalls", swept([True, False], 2))
@pytest.mark.parametrize("name", ["axi", "wide"])
@pytest.mark.parametrize(
    "places", [{"source": 0, "target": 0x8000}, {"source": 0x1FE8, "target": 0xFFF8}]
)
def test_frames_by_memory(simulations, name, places, stalls):
    settings = {"counts": [1, 2, 3, 0, 11], **places}
    found = simulations(name).run(
        FRAMES + "by_memory", arrays=frames(name, 17, 7), settings=settings, stalls=stalls, seed=7
    )
    assert found["mismatches"] == found["faults"] == found["spilt"] == found["ERRORS"] == 0
    assert found["FRAMES_IN"] == found["FRAMES_OUT"] == 17
    assert not found["status"]["DMA_ERROR"]


@pytest.mark.parametrize("stalls", swept([True, False], 2))
@pytest.mark.parametrize(
    ("way", "before"), swept_cases([("read", 1), ("read", 9), ("write", 6), ("write", 1)], 2)
)
def test_errors_of_memory(simulations, way, before, stalls):
    settings = {"way": way, "before": before, "counts": [40], "source": 0x100, "target": 0x8000}
    found = simulations("axi").run(
        OURS + "memory_errors", arrays=frames("axi", 40, 8), settings=settings, stalls=stalls,
        seed=8,
    )  # fmt: skip
    broken, whole = found["broken"], found["whole"]
    assert found["faults"] == 0
    assert broken["status"] == {
        "BUSY": 0, "DONE": 0, "DMA_BUSY": 0, "DMA_ERROR": 1, "REFUSED": 0,
    }  # fmt: skip
    assert broken["FRAMES_IN"] == broken["FRAMES_OUT"] < 40
    assert whole["mismatches"] == 0
    assert not whole["status"]["DMA_ERROR"]
