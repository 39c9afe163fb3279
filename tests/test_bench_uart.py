"""The host's driver at a serial port, behind which the RTL of a board's shell is simulated."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from build_decoder.__main__ import main as build_main
from build_decoder.bench.loaded_frames import telling_frames
from build_decoder.bench.uart.simulation import UartSimulation
from build_decoder.boards import known
from build_decoder.boards.driver_file import DRIVER_FILE, DriverFile
from build_decoder.boards.shell import Shell
from build_decoder.boards.uart import divisor_for
from build_decoder.build_folder import BuildFolder
from build_decoder.hdl.planning.decoder_plan import DecoderPlan
from build_decoder.hdl.planning.folding import Folding
from build_decoder.hdl.reloadable_decoder import ReloadableDecoder, decoder_of
from build_decoder.models import load_golden, load_network
from build_decoder.models.errors import ToolError
from build_decoder.reload import main as reload_main
from build_decoder.reloading import image_of
from tests.days import other_day
from tests.reloads import built_model, other_model
from tests.test_build_decoder_reload import save_day

SCENARIOS = "build_decoder.bench.uart.scenarios:"
PROGRAMS = "tests.uart_programs:"
BUILT = built_model((11, 7, 3))


def simulated(shell: Shell, folder) -> UartSimulation:
    try:
        return UartSimulation(shell, folder)
    except ToolError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def loads(tmp_path_factory):
    """A reloadable decoder behind a UART, and frames, images and what is expected of them."""
    plan = DecoderPlan.of(BUILT, [Folding(1, 7), Folding(1, 3)], reloadable=True)
    shell = Shell(ReloadableDecoder(plan), divisor=4)
    models = [BUILT, *(other_model(BUILT, seed) for seed in range(5))]
    x_raw = np.random.default_rng(3).integers(0, 16, (40, 11))
    expected = np.stack([model.compute(x_raw) for model in models])
    telling = telling_frames(x_raw, expected)
    assert len(telling) > 20
    arrays = {
        "words": np.stack([plan.image_layout.image(model) for model in models[1:]]),
        "x_raw": x_raw[telling],
        "expected": expected[:, telling],
    }
    return simulated(shell, tmp_path_factory.mktemp("uart")), arrays


@pytest.mark.slow
def test_five_images_are_loaded_while_frames_run(loads):
    simulation, arrays = loads
    found = simulation.run(SCENARIOS + "by_loading", arrays=arrays)
    assert (found["mismatches"], found["mixed"]) == (0, 0)
    assert (found["repeated"], found["rejected"], found["broken"]) == (0, 0, 0)
    assert found["answered"] == found["frames"] >= 10
    # Of each image one frame at least came between its words and COMMIT.
    assert found["meanwhile"] >= 5
    assert len(found["cycles_a_load"]) == 5


@pytest.mark.slow
def test_frames_of_another_model_are_found(loads):
    simulation, arrays = loads
    wrong = arrays | {"expected": arrays["expected"][[0, 1, 2, 3, 4, 4]]}
    found = simulation.run(SCENARIOS + "by_loading", arrays=wrong)
    # Two frames and more ran with the last image, and are of no model that is known.
    assert found["mismatches"] == found["mixed"] >= 2


BOARD = known.get("icebreaker")


@dataclass(frozen=True)
class Reloading:
    """A reloadable build for a board, options of a reload, frames, and what they become."""

    simulation: UartSimulation
    build: Path
    options: list[str]
    x_raw: np.ndarray
    old: list
    new: list

    def run(self, program: str, output: Path, **settings) -> dict:
        options = [*self.options, "--output", str(output)]
        return self.simulation.run(
            PROGRAMS + program, arrays={"x_raw": self.x_raw}, baud=BOARD.baud,
            settings={"build": str(self.build), "options": options, **settings},
        )  # fmt: skip


@pytest.fixture(scope="module")
def reloading(tmp_path_factory):
    root = tmp_path_factory.mktemp("reload")
    network = load_network("tiny")
    day = save_day(root / "day", *other_day(network, load_golden("tiny", network), 1))
    folder, image = root / "build", root / "image.npz"
    assert build_main(["--network", "tiny", "--board", BOARD.name, "--reloadable",
                       "--stop-after", "rtl", "--output", str(folder)]) == 0
    options = ["--build", str(folder), "--network", str(day), "--max-loss", "0.02",
               "--no-simulation"]
    assert reload_main([*options, "--output", str(image)]) == 0
    _, plan = BuildFolder(folder).load_plan()
    models = [plan.model, plan.image_layout.model(image_of(image))]
    x_raw, _ = BuildFolder(folder).load_expected(plan.interface)
    expected = np.stack([model.compute(x_raw) for model in models])
    telling = telling_frames(x_raw, expected)[:6]
    assert len(telling) == 6
    DriverFile(
        interface=plan.interface, board=BOARD.name, baud=BOARD.baud, clock_mhz=BOARD.clock_mhz
    ).save(folder / DRIVER_FILE)
    shell = Shell(decoder_of(plan), divisor=divisor_for(BOARD.clock_mhz, BOARD.baud))
    return Reloading(
        simulated(shell, root / "uart"), folder, options, x_raw[telling],
        *expected[:, telling].tolist(),
    )  # fmt: skip


def test_the_command_loads_over_a_port(reloading, tmp_path):
    output = tmp_path / "weights.npz"
    found = reloading.run("reloaded", output)
    assert found["status"] == 0
    assert (found["before"], found["after"]) == (reloading.old, reloading.new)
    assert json.loads(output.with_suffix(".json").read_text())["port"].startswith("/dev/")
    assert found["rejected"] == 0


@pytest.mark.slow
def test_the_old_weights_go_on_where_the_cable_comes_out(reloading, tmp_path):
    info_bytes, cut_words = 8, 20
    found = reloading.run(
        "unplugged", tmp_path / "weights.npz", cut=info_bytes + 12 + 4 * cut_words
    )
    assert (found["broken"], found["between"]) == (2, reloading.old)
    # With the cable in again, the same command loads.
    assert found["before"] == reloading.old
    assert (found["status"], found["after"]) == (0, reloading.new)
    assert found["rejected"] == 1
