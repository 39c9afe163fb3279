"""Estimates of dynamic energy on 7 series FPGAs, held to the six powers that AHEAD has published.

Three estimators stand beside each other. None was measured on a board.

A
    A cycle takes so much for each LUT, flip-flop, DSP block and block RAM: fitted on AHEAD's six
    designs (Tables 3 and 5), whose powers are estimates of Vivado.
B
    Bottom-up, from energies of single events, of which :data:`SETS` has a low, a middle and a high
    set, where one net in eight changes in a cycle. All is multiplied by one factor, by which
    AHEAD's six powers are met best.
C
    As B, with the toggles that were counted on real frames.

An estimate's ends are as far from it as it missed any of the six powers when it was fitted on the
other five. Glitches of carry chains come on top of C, by :data:`GLITCHES`.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import chain, combinations

import numpy as np

from build_decoder.bench.ahead_cases import CASES
from build_decoder.bench.energy_counts import Counted
from build_decoder.bench.estimate import Estimate

__all__ = [
    "GLITCHES",
    "SETS",
    "EventEnergies",
    "Events",
    "by_events",
    "by_resources",
    "estimates",
    "glitches",
    "greatest_errors",
    "usual_events",
]

_CLOCK_MHZ = 100
"""The clock that AHEAD's powers are of."""

_ACTIVITY = 0.125
"""Changes of a net a cycle where none are counted: what power estimators assume by default."""


@dataclass(frozen=True)
class Events:
    """What takes energy in a cycle, on average: changes of routed nets, flip-flops that are
    clocked, and DSP blocks and block RAMs, all of which are taken to work in every cycle."""

    nets: float
    ff: float
    dsp: float
    bram: float


@dataclass(frozen=True)
class EventEnergies:
    """Picojoules of single events in a 28 nm FPGA.

    Parameters
    ----------
    net, ff
        A change of a net, routing included, and a cycle of a flip-flop: Shang et al., "Dynamic
        power consumption in Virtex-II FPGA family", 2002, scaled to 28 nm.
    clock
        A cycle of the clock's spine: assumed.
    dsp
        An operation of a DSP block: assumed.
    bram
        An access of a block RAM: Xilinx DS512, Table 41.
    """

    net: float
    ff: float
    clock: float
    dsp: float
    bram: float

    def of(self, events: Events) -> float:
        """Picojoules a cycle."""
        blocks = self.dsp * events.dsp + self.bram * events.bram
        return self.net * events.nets + self.ff * events.ff + self.clock + blocks


SETS = {
    "low": EventEnergies(net=0.10, ff=0.010, clock=2.0, dsp=2.0, bram=7.0),
    "middle": EventEnergies(net=0.25, ff=0.025, clock=8.0, dsp=6.0, bram=15.0),
    "high": EventEnergies(net=0.60, ff=0.050, clock=20.0, dsp=14.0, bram=50.0),
}


GLITCHES = Estimate(low=1.0, middle=4.0, high=9.6)
"""How often an output of a carry chain changes for each time that it does without delays: of three
decoders for AHEAD's first case, with random delays of LUTs (bench.glitches). Low is with sums in
DSP blocks, middle by default, high with all neurons (``--search widths``)."""

_PUBLISHED = tuple(column for case in CASES for column in case.paper)
_PICOJOULES = np.array([1000 * column.power_mw / _CLOCK_MHZ for column in _PUBLISHED])
"""Energy of a cycle of each of AHEAD's designs."""


def by_resources(resources) -> Estimate:
    """Estimator A, picojoules a cycle, of counts ``lut``, ``ff``, ``dsp`` and ``bram``."""
    return _estimate(_fit_weights, _table(_counts), _counts(resources))


def by_events(events: Events) -> Estimate:
    """Estimators B, of :func:`usual_events`, and C, of events that were counted; picojoules a
    cycle. The ends are those of all three sets of energies."""
    found = {
        name: _estimate(_fit_factor, _table(_bare_by(energies)), (energies.of(events),))
        for name, energies in SETS.items()
    }
    low = min(each.low for each in found.values())
    high = max(each.high for each in found.values())
    return Estimate(low, found["middle"].middle, high)


def glitches(carries: float) -> Estimate:
    """What glitches add to estimator C, picojoules a cycle.

    Parameters
    ----------
    carries
        Toggles of routed outputs of carry chains in a cycle, without glitches.
    """
    per_net = {
        name: energies.net * float(_fit_factor(_table(_bare_by(energies)), _PICOJOULES)[0])
        for name, energies in SETS.items()
    }
    return Estimate(
        *(
            per_net[end] * (getattr(GLITCHES, end) - 1) * carries
            for end in ("low", "middle", "high")
        )
    )


def estimates(counted: Counted) -> dict[str, Estimate]:
    """Picojoules a cycle of a netlist for 7 series, by what is estimated."""
    resources = counted.resources
    events = Events(counted.nets, resources.ff, resources.dsp, resources.bram)
    return {
        "A, by resources": by_resources(resources),
        "B, at 12.5 % activity": by_events(usual_events(resources)),
        "C, by these toggles": by_events(events),
        "glitches, on top of C": glitches(counted.carries),
    }


def usual_events(resources) -> Events:
    """Events of a design of which counts alone are known."""
    nets = _ACTIVITY * (resources.lut + resources.ff)
    return Events(nets, resources.ff, resources.dsp, resources.bram)


def greatest_errors() -> dict[str, float]:
    """Greatest error, as a fraction, at any of AHEAD's six powers by a fit on the other five: of
    estimator A, and of B with each set of energies."""
    errors = {"A": _errors(_fit_weights, _table(_counts))}
    for name, energies in SETS.items():
        errors[f"B, {name}"] = _errors(_fit_factor, _table(_bare_by(energies)))
    return {name: float(np.abs(each).max()) for name, each in errors.items()}


def _counts(resources) -> tuple[float, ...]:
    return resources.lut, resources.ff, resources.dsp, resources.bram


def _bare_by(energies: EventEnergies) -> Callable:
    return lambda resources: (energies.of(usual_events(resources)),)


def _table(row: Callable[..., Iterable[float]]) -> np.ndarray:
    """A row for each of AHEAD's designs."""
    return np.array([row(column) for column in _PUBLISHED], dtype=float)


def _fit_weights(table: np.ndarray, picojoules: np.ndarray) -> np.ndarray:
    """Picojoules of each count, none negative: least squares of relative errors.

    The best fit is one of those on some of the columns alone, of which there are few.
    """
    relative, best, least = table / picojoules[:, None], None, np.inf
    columns = range(table.shape[1])
    for some in chain.from_iterable(combinations(columns, n + 1) for n in columns):
        weights = np.zeros(len(columns))
        weights[list(some)] = np.linalg.lstsq(
            relative[:, some], np.ones(len(table)), rcond=None
        )[0]
        missed = np.square(relative @ weights - 1).sum()
        if weights.min() >= 0 and missed < least:
            best, least = weights, missed
    return best


def _fit_factor(table: np.ndarray, picojoules: np.ndarray) -> np.ndarray:
    """The one factor: the geometric mean of what each design asks for."""
    return np.exp(np.mean(np.log(picojoules / table[:, 0])))[None]


def _errors(fit: Callable, table: np.ndarray) -> np.ndarray:
    """Error at each of AHEAD's powers, as a fraction, by a fit on the other five."""
    errors = []
    for left_out in range(len(table)):
        known = np.arange(len(table)) != left_out
        weights = fit(table[known], _PICOJOULES[known])
        errors.append(table[left_out] @ weights / _PICOJOULES[left_out] - 1)
    return np.array(errors)


def _estimate(fit: Callable, table: np.ndarray, row: Iterable[float]) -> Estimate:
    middle = float(np.array(row) @ fit(table, _PICOJOULES))
    errors = _errors(fit, table)
    # Where a fit gives a fifth too much, the truth is a sixth less.
    return Estimate(middle / (1 + errors.max()), middle, middle / (1 + errors.min()))
