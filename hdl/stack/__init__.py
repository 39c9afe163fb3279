"""Recurrent layers in a row on one array of multipliers."""
