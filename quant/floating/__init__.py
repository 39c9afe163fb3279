"""Floating-point numbers: formats and their codes, each rounding done once and exactly."""
