"""Estimate of dynamic energy on an iCE40UP5K, from currents that others measured on a board.

Source: Joulescope table of https://github.com/tinyvision-ai-inc/ice40_power, core at 1.219 V, a
breakout board of Lattice's at 12 MHz. What follows from it:

clock
    A cycle of any design: from 2,184 uA at 48 MHz and 388.4 uA at 6 MHz, 52.1 pJ; with an external
    clock, from 613.5 uA at 12 MHz and 92.1 uA when it stands, 53.0 pJ.
net
    A toggle of a routed net. Low: seven counters of 28 bits more take 27.8 uA, 0.403 pJ a cycle
    and counter, in which two bits change. High: the product of two counters of 8 bits, in logic
    cells, takes 351 uA, 35.66 pJ a cycle, in which 58.4 nets more change (sums of a multiplier
    have glitches, and they are in it). Middle: the geometric mean.
dsp
    An operation of an SB_MAC16: the same product in one takes 237 uA, 24.07 pJ a cycle, and 23.8
    nets more change, each of which takes as above. Low is with the nets' high, high with their low.
bram
    An access of an SB_RAM40_4K: nobody has published one. Assumed.

Toggles of these three designs are counted as those of decoders are, without glitches
(``tests/test_bench_energy_ice40.py``). A blank design takes 104 uW, which comes on top.
"""

from build_decoder.bench.energy_counts import Counted
from build_decoder.bench.estimate import Estimate

__all__ = ["CALIBRATION", "estimates"]

_VOLT, _MHZ = 1.219, 12


def _picojoules(microamperes: float) -> float:
    """Energy of a cycle at 12 MHz."""
    return microamperes * _VOLT / _MHZ


CALIBRATION = {"counters": 14.0, "product": 58.35, "product in a block": 23.81}
"""Routed nets that change in a cycle: of seven counters of 28 bits, of two counters of 8 bits and
their product in logic cells, and of these with the product in an SB_MAC16."""

_CLOCK = Estimate(52.1, 52.1, 53.0)
_LOW = _picojoules(641.3 - 613.5) / CALIBRATION["counters"]
_HIGH = _picojoules(996 - 645) / CALIBRATION["product"]
_NET = Estimate(_LOW, (_LOW * _HIGH) ** 0.5, _HIGH)
_BLOCK, _AROUND = _picojoules(882 - 645), CALIBRATION["product in a block"]
_DSP = Estimate(*(_BLOCK - _AROUND * net for net in (_NET.high, _NET.middle, _NET.low)))
_BRAM = Estimate(2.0, 5.0, 15.0)


def estimates(counted: Counted) -> dict[str, Estimate]:
    """Picojoules a cycle of a netlist for iCE40; blocks are taken to work in every cycle."""
    nets, resources = _NET.times(counted.nets), counted.resources
    blocks = _DSP.times(resources.dsp) + _BRAM.times(resources.bram)
    return {"by these toggles": _CLOCK + nets + blocks}
