"""Bit-width identification (BWID) as AHEAD's Sections 3.2 and 4.3 have it.

Three steps, each in a file of its own: integer bits by dynamic range (:mod:`quant.bwid.ranges`),
fraction bits of one node at a time by sensitivity (:mod:`quant.bwid.sensitivity`), and fraction
bits of all by stochastic hill climbing (:mod:`quant.bwid.hill_climbing`).
:mod:`quant.bwid.ahead` chains them.
"""
