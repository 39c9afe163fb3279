"""What random networks there are, by their kinds."""

from build_decoder.sim.random_columns import random_columns
from build_decoder.sim.random_continuous import CONTINUOUS
from build_decoder.sim.random_engines import random_engine
from build_decoder.sim.random_float_columns import random_float_columns
from build_decoder.sim.random_float_recurrent import random_float_recurrent
from build_decoder.sim.random_floats import random_floats
from build_decoder.sim.random_graphs import random_graph
from build_decoder.sim.random_heaps import random_heap_columns, random_heaps
from build_decoder.sim.random_networks import random_network
from build_decoder.sim.random_recurrent import RECURRENT
from build_decoder.sim.random_reloadable import RELOADABLE
from build_decoder.sim.random_stacks import STACKS
from build_decoder.sim.random_steps import random_steps

__all__ = ["DRAWN", "KINDS", "covered"]

DRAWN = (random_network, random_columns, random_steps, random_graph, random_engine)
"""How networks are drawn, in turns."""

KINDS = {
    "recurrent": RECURRENT,
    "continuous": CONTINUOUS,
    "reloadable": RELOADABLE,
    "stacks": STACKS,
    "engine": (random_engine,),
    "floating": (random_floats, random_float_columns, random_float_recurrent),
    "heaps": (random_heaps, random_heap_columns),
}
"""The same, of networks of one kind."""

_COVERED = {
    "recurrent": "combinations of cell, directions, steps and attention",
    "continuous": "types of continuous decoders",
    "reloadable": "types of decoders with states",
    "stacks": "combinations of cell and formats",
}
"""What each of those in turns is one of."""


def covered(kind: str | None, networks: int) -> str:
    """How often each part of a kind was drawn among so many networks, for the end of a line."""
    if kind not in _COVERED:
        return ""
    count = len(KINDS[kind])
    return f"; each of {count} {_COVERED[kind]} {networks // count} times or more"
