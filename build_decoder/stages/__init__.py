"""The stages of a build, in order: each a function of files of the build folder."""

__all__ = ["STAGES"]

STAGES = ("import", "quantise", "rtl", "simulate", "synthesise", "bitstream")
"""Names of the stages, as ``--stop-after`` takes them."""
