"""Amaranth components of fixed-point decoders. No floats in here."""
