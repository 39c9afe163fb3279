"""Sums of an attention, which nothing divides."""

from build_decoder.hdl.layers.attention_sums.plan import AttentionSumsPlan as PLAN

__all__ = ["PLAN"]
