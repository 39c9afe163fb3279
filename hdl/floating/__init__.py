"""Layers in floating point: the hardware of `quant.floating`."""
