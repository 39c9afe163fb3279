"""Networks of any acyclic shape: what they are, what they cost, their files and their numpy model.

Beside `models.network` (a chain of dense layers, which is built into hardware today) this
describes networks with branches, convolutions and recurrent layers, in the same terms: the type
names and keys of ``network.json``.

Hardware for them would pick it up as it does a chain: `read_architecture` and `read_weights`
give what `models.load_network` gives for a chain; each type in `models.graph.layers` gets one
parameter object in ``quant`` and one component in ``hdl`` (a `Dense` with its weights is a
`models.DenseLayer`, which has both); the nodes say how streams are connected, with a fork where a
name is taken twice and a join at each `Concat`; `forward` is the float reference, and
`Resources.macs` the work. `Dropout` is left out there.

Nothing here needs TensorFlow but `models.graph.keras_model` and `models.graph.measure`.
"""

from build_decoder.models.graph.architecture import Architecture, Input, Node
from build_decoder.models.graph.files import (
    read_architecture,
    read_weights,
    save_architecture,
    save_weights,
)
from build_decoder.models.graph.forward import forward
from build_decoder.models.graph.resources import Resources, resources

__all__ = [
    "Architecture",
    "Input",
    "Node",
    "Resources",
    "forward",
    "read_architecture",
    "read_weights",
    "resources",
    "save_architecture",
    "save_weights",
]
