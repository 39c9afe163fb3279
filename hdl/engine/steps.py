"""Steps of a frame of a column engine: which column of which layer is made when."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from build_decoder.hdl.engine.layers import EngineLayer, EngineNetwork, KeptTensor

__all__ = ["Load", "Row", "kept_columns", "steps_of"]


@dataclass(frozen=True)
class Load:
    """A column of the inputs comes in."""

    column: int


@dataclass(frozen=True, eq=False)
class Row:
    """A layer makes a column of outputs, or sums for one that a later row goes on with.

    Parameters
    ----------
    layer
        The layer.
    column
        Of its outputs, ahead of the pool.
    first, end
        Columns of the source that it adds up.
    sums
        Word of the first sums that are kept; None if none are.
    """

    layer: EngineLayer
    column: int
    first: int
    end: int
    sums: int | None = None

    @property
    def resumes(self) -> bool:
        """Whether it goes on with sums that are kept."""
        return self.first > self.layer.taps(self.column)[0]

    @property
    def keeps(self) -> bool:
        """Whether its sums are kept, and there are no outputs yet."""
        return self.end < self.layer.taps(self.column)[1]

    @property
    def skipped(self) -> int:
        """Columns of the window before those that it adds up, padding among them."""
        if self.layer.before is None:
            return self.first
        return self.first - self.column + self.layer.before

    @property
    def into(self) -> int:
        """The column of its target."""
        steps = self.layer.steps
        return (self.column + steps.before) // steps.size

    @property
    def opens(self) -> bool:
        """Whether it is the first of a window of the pool."""
        steps = self.layer.steps
        return self.column == 0 or not (self.column + steps.before) % steps.size

    @property
    def ends(self) -> bool:
        """Whether it is the last one."""
        steps = self.layer.steps
        return self.column == steps.count - 1 or not (self.column + 1 + steps.before) % steps.size


def steps_of(
    network: EngineNetwork, kept: Mapping[tuple[str, int], int] = MappingProxyType({})
) -> Iterator[Load | Row]:
    """All steps; those of outputs for whose sums there are places in several rows, as their
    sources come."""
    there = {tensor.name: 0 for tensor in network.tensors}
    made = {layer.name: 0 for layer in network.layers}
    given = {layer.name: 0 for layer in network.layers}
    summed: dict[tuple[str, int], int] = {}

    def row_of(layer: EngineLayer, column: int, there: int) -> Row:
        number = layer.name, column
        first, end = layer.taps(column)
        first, end = summed.get(number, first), min(end, there)
        summed[number] = end
        return Row(layer, column, first, end, kept.get(number))

    def go_on(tensor: KeptTensor) -> Iterator[Row]:
        for layer in tensor.takers:
            while made[layer.name] < layer.columns and (
                layer.taps(made[layer.name])[1] <= there[tensor.name]
            ):
                row = row_of(layer, made[layer.name], there[tensor.name])
                made[layer.name] += 1
                yield row
                if row.ends and layer.target is not None:
                    target = layer.target
                    given[layer.name] += 1
                    whole = min(given[giver.name] for giver in target.givers)
                    if whole > there[target.name]:
                        there[target.name] = whole
                        yield from go_on(target)

    layers = {layer.name: layer for layer in network.layers}
    for column in range(network.inputs[0][0].shape[0]):
        yield Load(column)
        for tensor, _ in network.inputs:
            there[tensor.name] += 1
        for tensor, _ in network.inputs:
            yield from go_on(tensor)
        for name, late in kept:
            layer = layers[name]
            come, begun = there[layer.source.name], summed.get((name, late), layer.taps(late)[0])
            if begun < come < layer.taps(late)[1]:
                yield row_of(layer, late, come)


def kept_columns(network: EngineNetwork, steps: list[Load | Row]) -> dict[str, int]:
    """Columns of each tensor that are there at once, at most."""
    most = {tensor.name: 1 for tensor in network.tensors}
    done = {layer.name: 0 for layer in network.layers}

    def written(tensor: KeptTensor, column: int):
        oldest = min(
            (
                taker.taps(done[taker.name])[0]
                for taker in tensor.takers
                if done[taker.name] < taker.columns
            ),
            default=column,
        )
        most[tensor.name] = max(most[tensor.name], column - oldest + 1)

    for step in steps:
        if isinstance(step, Load):
            for tensor, _ in network.inputs:
                written(tensor, step.column)
            continue
        if step.keeps:
            continue
        if step.ends and step.layer.target is not None:
            written(step.layer.target, step.into)
        done[step.layer.name] += 1
    inputs = [tensor.name for tensor, _ in network.inputs]
    return most | dict.fromkeys(inputs, max(most[name] for name in inputs))
