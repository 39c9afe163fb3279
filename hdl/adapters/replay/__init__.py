"""Replay: values in another order."""
