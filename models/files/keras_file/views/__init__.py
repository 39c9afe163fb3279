"""Reads a Keras model by following its tensors as views of layers' values.

`models.files.keras_file.graph` reads a model whose layers are layers of ours. This package reads
those in which a layer moves, cuts or turns values: Reshape, Permute, Cropping, slices, convolutions
without padding. As in `models.files.onnx_file`, a tensor is an array of places in the values of a
layer of ours, on which moving values is a numpy operation.
"""
