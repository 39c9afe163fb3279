"""Planning: how a decoder is folded and built, chosen by arithmetic before there is any hardware.

Nothing here, nor in the plans of layers, adapters and activations, imports Amaranth.
"""
