"""Random small networks on a column engine."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from build_decoder.hdl.engine.stages import Engine, on_engine
from build_decoder.hdl.families import FAMILIES
from build_decoder.hdl.planning.decoder_plan import DecoderPlan
from build_decoder.quant.integer_model import IntegerModel
from build_decoder.sim.random_columns import random_columns

__all__ = ["EngineNetwork", "random_engine"]

_MOST_FILTERS, _MOST_TAPS, _MOST_LANE_BITS, _MOST_COLUMNS = 5, 9, 2, 3


@dataclass(frozen=True)
class EngineNetwork:
    """An integer model, and the engine that its layers share."""

    model: IntegerModel
    engine: Engine

    @cached_property
    def plan(self) -> DecoderPlan:
        """The decoder's plan."""
        return self.engine.plan(self.model)

    def __str__(self):
        return f"{self.model.topology}, {self.engine}"


def random_engine(random: np.random.Generator, *, name: str = "random") -> EngineNetwork:
    """A network over columns, as :mod:`sim.random_columns` draws them, that an engine runs: one of
    any size, by the blocks of any family or in LUTs, with some outputs a cycle and some columns
    that are added as they come."""
    while True:
        model = random_columns(random, name=name).model
        filters, taps = (int(random.integers(1, most, endpoint=True))
                         for most in (_MOST_FILTERS, _MOST_TAPS))
        lanes = 1 << int(random.integers(_MOST_LANE_BITS, endpoint=True))
        family = random.choice([None, *sorted(FAMILIES)])
        steps = model.inputs[0].shape[0]
        early = int(random.integers(steps, endpoint=True)) if random.random() < 0.6 else 0
        blocks = int(random.integers(filters * taps)) if random.random() < 0.2 else None
        try:
            plan = on_engine(
                model, filters, taps, family and FAMILIES[family],
                columns=int(random.integers(1, _MOST_COLUMNS, endpoint=True)),
                lanes=lanes, blocks=blocks, early=early,
            )
        except ValueError:
            # There are layers that no engine runs, or not so.
            continue
        return EngineNetwork(model, Engine.of(plan))
