"""Largest sizes that are read.

Far above what any supported board can hold, and far below what could exhaust the memory of the
machine that reads them, so that a wrong or hostile size is refused before anything is allocated.
"""

__all__ = [
    "MAX_GOLDEN_VALUES",
    "MAX_GRAPH_WEIGHTS",
    "MAX_JSON_BYTES",
    "MAX_JSON_DEPTH",
    "MAX_KERAS_BYTES",
    "MAX_KERAS_EXPANSION",
    "MAX_KERAS_MEMBERS",
    "MAX_KERAS_OBJECTS",
    "MAX_LAYERS",
    "MAX_MAGNITUDE",
    "MAX_ONNX_BYTES",
    "MAX_ONNX_NODES",
    "MAX_RECORDING_VALUES",
    "MAX_TENSOR_VALUES",
    "MAX_WEIGHTS",
    "MAX_WIDTH",
]

MAX_WIDTH = 2**16  # inputs or units of a layer
MAX_WEIGHTS = 2**24  # weights of a layer
MAX_LAYERS = 256
MAX_JSON_BYTES = 2**20
MAX_JSON_DEPTH = 64  # objects and lists inside one another
MAX_KERAS_BYTES = 2**29  # of a .keras file, packed and unpacked: a layer of MAX_WEIGHTS and Adam
MAX_KERAS_EXPANSION = 64  # bytes unpacked for a byte packed; Keras packs nothing
MAX_KERAS_MEMBERS = 64  # files in a .keras file; Keras writes three
MAX_KERAS_OBJECTS = 2**12  # groups and arrays of its weights: at most 6 a layer, with Adam's 10
MAX_ONNX_BYTES = 2**29  # of an ONNX file; files of weights beside it are bounded by their values
MAX_ONNX_NODES = 2**12  # of its graph: a layer may be some twenty, of which shapes are computed
MAX_MAGNITUDE = 1e30  # of a weight or sample: no sum over a layer can overflow a float64
MAX_GOLDEN_VALUES = 2**27  # values of one golden array: 1 GiB as float64
MAX_GRAPH_WEIGHTS = 2**26  # weights of a layer of an architecture; ESCAPE-NET has 2**24.5
MAX_TENSOR_VALUES = 2**24  # values of a tensor of an architecture, one sample
MAX_RECORDING_VALUES = 2**29  # of all contacts of a nerve cuff: 5 minutes at 30 kHz, 1 GiB
