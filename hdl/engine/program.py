"""The program of a column engine: its steps, and where all that they take is."""

from dataclasses import dataclass

import numpy as np

from build_decoder.hdl.engine.layers import EngineLayer, EngineNetwork, KeptTensor
from build_decoder.hdl.engine.steps import Load, Row, kept_columns, steps_of

__all__ = ["Program", "Ring"]


@dataclass(frozen=True)
class Ring:
    """Where columns of a tensor lie: round and round in some places, from the first of these on in
    each frame, as nothing is kept from one to the next.

    Parameters
    ----------
    base
        First word.
    words
        Of a place.
    places
        How many.
    """

    base: int
    words: int
    places: int


class Program:
    """Steps of a frame: as each column comes in, all that can be made then.

    Parameters
    ----------
    network
        The network.
    filters, taps
        Multipliers: of so many filters, with so many neighbouring values of a column.
    lanes
        Outputs that are written in a cycle, a power of two.
    early
        Columns of inputs, the last ones of a frame, of which each is added to all sums that it is
        part of as it comes, and not when the last column of a window is there: less is left to do
        in the end.

    Attributes
    ----------
    steps : list of Load or Row
        In order.
    rings : dict of Ring
        Of each tensor, by name.
    words : int
        Of the memory of columns, each of ``banks`` values.
    banks : int
        Values of a word: a power of two, as their number tells the bank.
    sums : int
        Words of sums that are kept, of ``filters`` each.
    weight_bases : dict of int
        First row of each layer's weights, by its name.
    weight_rows : ndarray
        Raw int64 (rows, taps, filters).

    Raises
    ------
    ValueError
        If neighbouring outputs of a layer would not be in the places of a word that are written
        together.
    """

    def __init__(
        self,
        network: EngineNetwork,
        filters: int,
        taps: int,
        lanes: int = 1,
        early: int = 0,
    ):
        self.network, self.filters, self.taps, self.lanes = network, filters, taps, lanes
        self.banks = 1 << (max(taps, lanes) - 1).bit_length()
        for layer in network.layers:
            if layer.target is not None and any(
                count % lanes
                for count in (layer.filters, layer.offset, layer.target.shape[2],
                              layer.target.before)
            ):
                raise ValueError(
                    f"{layer.name}: expected outputs that are whole transfers of {lanes}, got "
                    f"{layer.filters} from number {layer.offset} on"
                )
        self.steps, self.sums = list(steps_of(network)), 0
        if early:
            self.steps = list(steps_of(network, self._kept_sums(early)))
        self.rings, base = {}, 0
        needed = kept_columns(network, self.steps)
        for tensor in network.tensors:
            places = needed[tensor.name]
            values = tensor.before + tensor.shape[1] * tensor.shape[2] + tensor.after
            self.rings[tensor.name] = ring = Ring(base, -(-values // self.banks), places)
            base += ring.words * ring.places
        self.words = base
        self.weight_bases, rows = {}, []
        for layer in network.layers:
            self.weight_bases[layer.name] = sum(map(len, rows))
            rows.append(self._rows_of(layer))
        self.weight_rows = np.concatenate(rows)

    def _kept_sums(self, early: int) -> dict[tuple[str, int], int]:
        """Places for sums of columns of outputs that are made once the last ``early`` columns of
        inputs come, by layer and number. A place is free for another column of outputs once a
        window is whole."""
        loads = [n for n, step in enumerate(self.steps) if isinstance(step, Load)]
        late = [step for step in self.steps[loads[-early] :] if isinstance(step, Row)]
        places = {}
        for layer in self.network.layers:
            columns = [row.column for row in late if row.layer is layer and row.end - row.first > 1]
            words = layer.positions * self.passes(layer)
            # The window that becomes whole makes room for the one that is begun.
            count = min(len(columns), len(layer.weights) - 1)
            for column in columns:
                places[layer.name, column] = self.sums + column % count * words
            self.sums += count * words
        return places

    def blocks(self, layer: EngineLayer) -> int:
        """Cycles for what of a window lies in one column."""
        return -(-layer.weights.shape[1] // self.taps)

    def passes(self, layer: EngineLayer) -> int:
        """Passes over a window, for some filters each."""
        return -(-layer.filters // self.filters)

    def _rows_of(self, layer: EngineLayer) -> np.ndarray:
        """Weights (rows, taps, filters): pass by pass, column by column, block by block."""
        columns, values, filters = layer.weights.shape
        blocks, passes = self.blocks(layer), self.passes(layer)
        padded = np.zeros((columns, blocks * self.taps, passes * self.filters), np.int64)
        padded[:, :values, :filters] = layer.weights
        split = padded.reshape(columns, blocks, self.taps, passes, self.filters)
        return split.transpose(3, 0, 1, 2, 4).reshape(-1, self.taps, self.filters)

    def pass_cycles(self, row: Row) -> int:
        """Cycles of a pass: a block each, or as many as its outputs take to leave."""
        return max((row.end - row.first) * self.blocks(row.layer), self.least_cycles)

    def lines(self, layer: EngineLayer) -> int:
        """Cycles in which the outputs of a position leave."""
        return -(-layer.filters // self.lanes)

    @property
    def least_cycles(self) -> int:
        """Cycles of the shortest pass: until its outputs have left, and two for what a pool
        compares."""
        return max(self.filters // self.lanes, 2)

    def run_cycles(self, row: Row) -> int:
        """Cycles of a row in which blocks are read."""
        return row.layer.positions * self.passes(row.layer) * self.pass_cycles(row)

    def place(self, tensor: KeptTensor, column: int) -> int:
        """Number of the value at which a column begins, whose zeros lie before it."""
        ring = self.rings[tensor.name]
        return (ring.base + column % ring.places * ring.words) * self.banks

    def first_value(self, tensor: KeptTensor, column: int) -> int:
        """Number of a column's first value."""
        return self.place(tensor, column) + tensor.before

    def start(self, row: Row) -> int:
        """Number of the first value that a row reads."""
        layer = row.layer
        return self.first_value(layer.source, row.first) - layer.reaches

    def first_weight(self, row: Row) -> int:
        """First row of weights that a row of the program reads."""
        return self.weight_bases[row.layer.name] + row.skipped * self.blocks(row.layer)
