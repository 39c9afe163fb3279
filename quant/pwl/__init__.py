"""Fitting piecewise-linear functions to limits: numpy alone, no formats of hardware."""
