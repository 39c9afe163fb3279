"""Golden data: samples that a decoder is measured on, and the first check of a network."""

from build_decoder.models.golden.data import GOLDEN_FILE, GoldenData, load_golden

__all__ = ["GOLDEN_FILE", "GoldenData", "load_golden"]
