"""Whether a network has the layers of another one, whatever its weights."""

from build_decoder.models.errors import InputError
from build_decoder.models.network import Network
from build_decoder.quant.formats import place_of

__all__ = ["check_same_shape"]


def check_same_shape(origin: Network, network: Network) -> None:
    """Check that ``network`` is ``origin`` but for names and weights.

    Raises
    ------
    InputError
        If it is not; the message names the first layer that differs, and what does.
    """

    def misfit(where: str, expected: object, got: object) -> InputError:
        return InputError.at(
            network.name, where, expected=f"{expected}, as {origin.name} has", got=str(got)
        )

    if len(network.nodes) != len(origin.nodes) or len(network.inputs) != len(origin.inputs):
        raise misfit("", origin.topology, network.topology)
    numbers, others = _numbers(origin), _numbers(network)
    for ours, theirs in zip(origin.inputs, network.inputs, strict=True):
        if ours.shape != theirs.shape:
            raise misfit(f"input {theirs.name!r}", f"shape {ours.shape}", theirs.shape)
        if (ours.walk, ours.of and numbers[ours.of]) != (
            theirs.walk, theirs.of and others[theirs.of]
        ):
            raise misfit(f"input {theirs.name!r}", "values in the same order", "another order")
    for ours, theirs in zip(origin.nodes, network.nodes, strict=True):
        if ours.layer != theirs.layer:
            raise misfit(place_of(network, theirs.name), ours.layer, theirs.layer)
        if [numbers[name] for name in ours.inputs] != [others[name] for name in theirs.inputs]:
            raise misfit(
                place_of(network, theirs.name), f"inputs {', '.join(ours.inputs)}",
                ", ".join(theirs.inputs),
            )


def _numbers(network: Network) -> dict[str, int]:
    return {item.name: n for n, item in enumerate((*network.inputs, *network.nodes))}
