"""Formal proofs: one module each, found by looking into this folder.

A module that defines ``PROOF`` adds one; `bench.formal` runs them.
"""

from build_decoder.models.discovery import discover
from build_decoder.sim.proof import Proof

__all__ = ["PROOFS"]

PROOFS: dict[str, Proof] = discover(__name__, __path__, "PROOF")
"""All proofs by name."""
