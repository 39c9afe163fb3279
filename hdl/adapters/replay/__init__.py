"""Replay: the transfers of a frame in another order, and more than once."""
