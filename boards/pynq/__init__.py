"""What a PYNQ board needs to use a decoder on its processor's bus: all that is copied there.

Nothing is imported from here on purpose: some modules are for the board, where pynq is and Amaranth
is not.
"""
