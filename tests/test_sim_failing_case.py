"""What fails is kept as a folder that shows it again."""

import numpy as np
import pytest
from amaranth import Mux

from build_decoder.design_file import Design
from build_decoder.failing_case import CASE_FILE, FailingCase, load_case, save_case
from build_decoder.hdl.layers.max_pool import component
from build_decoder.models.errors import InputError
from build_decoder.quant.layers.max_pool import MaxPool
from build_decoder.sim import fuzz
from build_decoder.sim.random_columns import random_columns
from build_decoder.sim.random_networks import random_frames


def largest_ever(_, value, largest):
    """A maximum that does not begin anew with a window."""
    return Mux(value > largest, value, largest)


def pooling_network() -> int:
    """Number of a network of the fuzzer's with a maximum among several layers."""
    for number in range(1, 99, 5):
        model = random_columns(np.random.default_rng([14, number])).model
        if len(model.nodes) > 2 and any(isinstance(layer, MaxPool) for layer in model.layers):
            return number
    raise AssertionError


def test_a_fault_is_kept_and_shown_again(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(component, "Mux", largest_ever)
    number = pooling_network()
    drawn = f"--only {number} --seed 14 --samples 4 --jobs 1 --keep {tmp_path / 'kept'}".split()
    assert fuzz.main(drawn) == 1
    kept = tmp_path / "kept" / f"seed_14_network_{number}"
    assert f"sim.fuzz --again {kept}\n" in capsys.readouterr().out

    plan, x_raw, case = load_case(kept)
    assert [type(layer) for layer in plan.model.layers] == [MaxPool]
    assert 1 <= len(x_raw) <= 4
    assert not case.verilog
    assert fuzz.main(["--again", str(kept)]) == 1
    out = capsys.readouterr().out
    assert out.count(case.finding) == 2  # then, and now

    # Without it, the same folder passes.
    monkeypatch.undo()
    assert fuzz.main(["--again", str(kept)]) == 0
    assert "now:" not in capsys.readouterr().out
    # A build that no fuzzer kept is none.
    (kept / CASE_FILE).unlink()
    with pytest.raises(InputError, match=r"case\.json"):
        load_case(kept)


def test_what_is_read_is_what_was_kept(tmp_path):
    random = np.random.default_rng(3)
    network = random_columns(random)
    plan = network.plan
    x_raw = random_frames(random, plan.model, 3)
    case = FailingCase(True, 2**31, "frame 0, value 1: expected 2, got 3")
    save_case(tmp_path / "case", plan, x_raw, case)
    again, frames, read = load_case(tmp_path / "case")
    assert read == case
    assert (frames == x_raw).all()
    assert again.model.fingerprint() == plan.model.fingerprint()
    assert Design.of(again, None) == Design.of(plan, None)
