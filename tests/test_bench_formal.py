"""Formal proofs hold, and each finds the fault that is seeded for it."""

import re

import pytest
from amaranth import Module, Signal
from amaranth.hdl import Assert, Assume
from amaranth.lib import wiring
from amaranth.lib.wiring import In

from build_decoder.bench import formal
from build_decoder.bench.proofs import PROOFS
from build_decoder.hdl.adapters.fifo.component import Fifo
from build_decoder.models.errors import ToolError, ToolMissing
from build_decoder.sim.formal import Outcome, missing_tools, prove
from build_decoder.sim.proof import Fault, mutant

needs_tools = pytest.mark.skipif(missing_tools() is not None, reason=str(missing_tools()))

QUICK = ("fifo", "replay_buffer", "link_silence", "weight_bank")
"""Of a second or two."""

ALL = [
    name if name in QUICK else pytest.param(name, marks=pytest.mark.slow) for name in sorted(PROOFS)
]


@needs_tools
@pytest.mark.parametrize("name", ALL)
def test_a_proof_holds(name, tmp_path):
    assert PROOFS[name].run(tmp_path / "proof").outcome is Outcome.HOLDS


@needs_tools
@pytest.mark.parametrize("name", ALL)
def test_a_proof_finds_its_fault(name, tmp_path):
    assert PROOFS[name].run(tmp_path / "proof", faulty=True).outcome is Outcome.FAILS


def test_every_proof_is_on_the_page():
    text = formal.PAGE.read_text()
    rows = {re.split(r" *\| *", line)[1].strip("`"): line for line in text.splitlines()
            if line.startswith("| `")}
    assert {*rows} == {*PROOFS}
    for name, proof in PROOFS.items():
        for part in (proof.claim, proof.method, proof.fault.about, proof.component.__name__):
            assert part in rows[name]
    assert formal.page([]).split("| proof")[0] == text.split("| proof")[0]


class Counter(wiring.Component):
    """Counts to 9 and stays; what is asserted and assumed is given."""

    go: In(1)

    def __init__(self, assertion, assumption=lambda count, go: 1):
        self.assertion, self.assumption = assertion, assumption
        super().__init__()

    def elaborate(self, platform):
        m = Module()
        count = Signal(4)
        with m.If(self.go & (count != 9)):
            m.d.sync += count.eq(count + 1)
        m.d.comb += [
            Assert(self.assertion(count)), Assume(self.assumption(count, self.go)),
        ]  # fmt: skip
        return m


@needs_tools
@pytest.mark.parametrize(
    ("induction", "assertion", "outcome"),
    [
        (True, lambda count: count <= 9, Outcome.HOLDS),
        (True, lambda count: count != 12, Outcome.OPEN),  # it would follow from an unknown 11
        (False, lambda count: count != 12, Outcome.HOLDS),
        (True, lambda count: count != 3, Outcome.FAILS),
        (False, lambda count: count != 3, Outcome.FAILS),
        (False, lambda count: count != 6, Outcome.HOLDS),  # 6 cycles end at 5
    ],
)
def test_outcomes(induction, assertion, outcome, tmp_path):
    verdict = prove(Counter(assertion), tmp_path / "proof", depth=6, induction=induction)
    assert verdict.outcome is outcome


@needs_tools
def test_assumptions_that_nothing_satisfies_are_no_proof(tmp_path):
    bench = Counter(lambda count: count != 3, lambda count, go: go & (count < 2))
    with pytest.raises(ToolError, match="sby ended with status"):
        prove(bench, tmp_path / "proof", depth=6, induction=False)


def test_missing_tools_are_named(tmp_path, monkeypatch):
    monkeypatch.setattr("shutil.which", lambda *_, **__: None)
    with pytest.raises(ToolMissing, match=r"no sby, no yosys, .* no z3 here: pip install 'build_"):
        prove(None, tmp_path / "proof", depth=2, induction=False)
    assert formal.main(["fifo"]) == 3


def test_a_fault_has_to_be_in_the_source():
    with pytest.raises(ValueError, match="expected 'nowhere' once, got it 0 times"):
        mutant(Fifo, Fault("", "nowhere", ""))
    with pytest.raises(ValueError, match="expected 'fifo' once, got it"):
        mutant(Fifo, Fault("", "fifo", ""))
    changed = mutant(Fifo, Fault("", "depth=self.plan.depth", "depth=self.plan.depth + 1"))
    assert changed is not Fifo
    assert changed.__name__ == "Fifo"


def test_an_unknown_proof_is_refused(capsys):
    assert formal.main(["fifi"]) == 2
    assert "expected names of axi3_front, " in capsys.readouterr().err
