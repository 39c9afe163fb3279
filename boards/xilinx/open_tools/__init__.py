"""From a netlist to a bitstream with the open tools for 7-series FPGAs.

``python -m open_tools``, in a build package. The folder is copied into packages, so it needs
nothing but Python, from 3.8 on, and its modules import each other relatively.
"""
