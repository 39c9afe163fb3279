"""Xilinx 7-series FPGAs: a build package that any of three toolchains takes, and their use.

Vivado; nextpnr-xilinx; nextpnr-himbaechel with its Xilinx architecture. The first that is here is
used. The two open ones write FASM, which Project X-Ray's tools turn into a bitstream.
"""
