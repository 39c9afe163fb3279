"""Decoders of a cursor's velocity from spike counts: a generated recording, and their training."""
