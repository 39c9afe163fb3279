"""Reads ONNX files: `models.files.onnx_loader` has the way from a file to a network.

ONNX has channels first, layers here have them last. So every tensor of the file is followed as an
array of places in a tensor of ours (`view`), on which moving values is a numpy operation; layers
that multiply take it up in their weights, and others refuse an order that is not theirs.
"""
