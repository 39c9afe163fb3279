"""Choice of foldings for a latency."""

from collections.abc import Iterator

from hdl.decoder import decoder_latency, plan_decoder
from hdl.folding import Folding
from models.errors import InputError
from quant.integer_model import IntegerModel

__all__ = ["choose_foldings"]


def choose_foldings(
    model: IntegerModel, *, latency_cycles: int | None = None
) -> tuple[Folding, ...]:
    """Foldings of ``model``'s layers, with few multipliers.

    Without a target: one input a cycle into all neurons of each layer, which is as fast as inputs
    come one by one. With one: from one multiplier a layer upwards, always the doubling of a layer's
    inputs or outputs a cycle that saves most cycles for each multiplier that it adds.

    Raises
    ------
    InputError
        If no folding reaches ``latency_cycles``; the message tells the nearest.
    """
    if latency_cycles is None:
        return tuple(Folding(1, layer.units) for layer in model.layers)
    foldings = tuple(Folding(1, 1) for _ in model.layers)
    latency = _latency(model, foldings)
    while latency > latency_cycles:
        steps = [
            ((latency - after) / (_multipliers(wider) - _multipliers(foldings)), after, wider)
            for wider in _doublings(model, foldings)
            if (after := _latency(model, wider)) < latency
        ]
        if not steps:
            raise InputError(
                f"{model.name}: expected a latency that its layers can reach, which is {latency} "
                f"cycles or more, got {latency_cycles}"
            )
        _, latency, foldings = max(steps, key=lambda step: step[0])
    return foldings


def _latency(model: IntegerModel, foldings: tuple[Folding, ...]) -> int:
    return decoder_latency(plan_decoder(model, foldings))


def _multipliers(foldings: tuple[Folding, ...]) -> int:
    return sum(folding.multipliers for folding in foldings)


def _doublings(
    model: IntegerModel, foldings: tuple[Folding, ...]
) -> Iterator[tuple[Folding, ...]]:
    for n, (layer, folding) in enumerate(zip(model.layers, foldings, strict=True)):
        inputs, outputs = folding.inputs_per_cycle, folding.outputs_per_cycle
        if inputs < layer.input_count:
            wider = Folding(min(2 * inputs, layer.input_count), outputs)
            yield (*foldings[:n], wider, *foldings[n + 1 :])
        if outputs < layer.units:
            wider = Folding(inputs, min(2 * outputs, layer.units))
            yield (*foldings[:n], wider, *foldings[n + 1 :])
