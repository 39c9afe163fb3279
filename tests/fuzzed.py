"""Decoders against their models, as the fuzzer compares them."""

from build_decoder.sim.fuzz import compared

__all__ = ["check_decoder"]


def check_decoder(decoder, x_raw, *, stall_seed: int = 5) -> None:
    """Values of every layer's stream, and documented times, without stalls and with."""
    found = compared(decoder, x_raw, stall_seed)
    assert sum(check.frames for check in found) == 2 * len(x_raw)
    assert not [check.finding for check in found if check.finding]
