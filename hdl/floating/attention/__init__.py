"""Attention in floating point."""
