"""Runs the formal proofs of `bench.proofs`, and has each find the fault seeded for it.

``python -m build_decoder.bench.formal`` in a checkout writes ``docs/formal.md``; with names of
proofs it runs those alone, and writes nothing. Exit status 1 if a proof does not hold, or does not
find its fault.
"""

import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from build_decoder.bench.proofs import PROOFS
from build_decoder.models.arguments import LineParser
from build_decoder.models.command import exit_status, say
from build_decoder.sim.formal import Outcome, Verdict
from build_decoder.sim.proof import Proof

__all__ = ["PAGE", "main", "page"]

PAGE = Path(__file__).parents[1] / "docs" / "formal.md"
"""Where the page lies in a checkout."""

_INTRODUCTION = """\
<!-- Written by python -m build_decoder.bench.formal, from the proofs. -->

# What is proven for all inputs

Simulation tries some inputs. For the parts below, a solver looks through all of them: no sequence
of inputs within the stated assumptions breaks the claim. A claim by *induction* holds for all times
after a reset. One over *all inputs for N cycles from any state* starts with any values in the
registers, and so holds at all times too. One *from reset* holds for the first N cycles after a
reset.

    pip install 'build_decoder[formal]'
    python -m build_decoder.bench.formal [NAME ...] [--keep DIR]

`sim/formal.py` runs SymbiYosys with Yosys from PyPI and Z3. Each proof is a file of
`bench/proofs/`: a bench whose inputs are free, with assumptions and assertions around the component
itself, in small widths. Each also has a fault, a piece of the component's source that is changed:
the proof of the changed component has to fail, so that no proof holds because its bench looks at
nothing. `make regress` runs all of them.

"""


@dataclass(frozen=True)
class Proven:
    """A proof that was run, of the component as it is and of the faulty one."""

    proof: Proof
    sound: Verdict
    faulty: Verdict

    @property
    def problem(self) -> str | None:
        """What is not as it should be; None if all is."""
        if self.sound.outcome is not Outcome.HOLDS:
            return f"{self.proof.name}: expected a proof, got one that {self.sound.outcome.value}"
        if self.faulty.outcome is not Outcome.FAILS:
            found = self.faulty.outcome.value
            return f"{self.proof.name}: expected it to find its fault, got one that {found}"
        return None


def page(proven: Sequence[Proven]) -> str:
    """The page with a row for each proof."""
    head = ("proof", "of", "claim", "how", "seconds", "the fault that it finds", "seconds")
    rows = [head, ("---",) * len(head)]
    for each in proven:
        proof = each.proof
        rows.append((
            f"`{proof.name}`", f"`{proof.component.__name__}`", proof.claim, proof.method,
            f"{each.sound.seconds:.0f}", proof.fault.about, f"{each.faulty.seconds:.0f}",
        ))  # fmt: skip
    table = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    note = "Seconds are of the clock on the wall, while others worked too."
    return f"{_INTRODUCTION}{table}\n\n{note}\n"


def _run(argv: Sequence[str] | None) -> int:
    parser = LineParser(
        prog="python -m build_decoder.bench.formal",
        description="Runs formal proofs; without names, all of them, and writes docs/formal.md.",
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(sorted(PROOFS)))
    parser.add_argument(
        "--keep", type=Path, metavar="DIR", help="folder for logs and traces of the solver"
    )
    arguments = parser.parse_args(argv)
    if unknown := sorted({*arguments.names} - {*PROOFS}):
        parser.error(f"expected names of {', '.join(sorted(PROOFS))}, got {', '.join(unknown)}")
    proven = []
    with tempfile.TemporaryDirectory() as scratch:
        folder = arguments.keep or Path(scratch)
        for name in arguments.names or sorted(PROOFS):
            proof = PROOFS[name]
            verdicts = (
                proof.run(folder / name, faulty=False),
                proof.run(folder / f"{name}_faulty", faulty=True),
            )
            proven.append(Proven(proof, *verdicts))
            told = ", ".join(f"{each.outcome.value} ({each.seconds:.0f} s)" for each in verdicts)
            print(f"{name}: {proof.method}: {told} with the fault", flush=True)
    problems = [each.problem for each in proven if each.problem]
    for problem in problems:
        say(f"bench.formal: {problem}")
    if not problems and not arguments.names:
        PAGE.write_text(page(proven))
    return 1 if problems else 0


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit status."""
    return exit_status(lambda: _run(argv), prefix="bench.formal: ", tools=True)


if __name__ == "__main__":
    sys.exit(main())
