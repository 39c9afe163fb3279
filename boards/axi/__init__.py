"""A decoder on a processor's bus: registers and windows, and frames from and to its memory.

Nothing is imported from here on purpose: `registers` and `packing` are for hosts without Amaranth.
"""
