"""Concatenation in hardware."""

from build_decoder.hdl.adapters.join.component import Join

__all__ = ["COMPONENT"]

COMPONENT = Join
