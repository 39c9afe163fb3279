"""Measurements of what the generator makes."""
