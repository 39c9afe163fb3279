"""A final softmax is left to the host: the class with the largest logit is that of the largest
probability."""

import math

from build_decoder.models.layers.softmax import Softmax
from build_decoder.models.network import Network
from build_decoder.models.rewrites.definition import Change, Rewrite
from build_decoder.models.rewrites.edit import without
from build_decoder.models.task import Kind

__all__ = ["REWRITE"]


def _leave_to_host(network: Network) -> Change | None:
    last = network.nodes[-1]
    if not isinstance(last.layer, Softmax):
        return None
    *others, classes = network.output_shape
    # Rows of their own are not comparable before the softmax; one class alone decides nothing.
    if math.prod(others) > 1 or classes < 2:
        return None
    if network.task is not None and network.task.kinds != (Kind.CLASSES,):
        return None  # which needs the probabilities themselves
    rest = without(network, last)
    return rest and Change(rest, last.name)


REWRITE = Rewrite(
    "softmax",
    5,
    "final softmax left to the host, outputs are logits and decide the same",
    _leave_to_host,
    types=(Softmax,),
    keeps_outputs=False,
)
