"""What a decoder answers with: scores as they are, the decision that they lead to, or
probabilities."""

from dataclasses import replace

from build_decoder.models.errors import InputError
from build_decoder.models.layers.softmax import Softmax
from build_decoder.models.network import Network
from build_decoder.models.task import Kind, Task
from build_decoder.quant.integer_model import IntegerModel, ModelNode
from build_decoder.quant.layers.decision import Decision

__all__ = ["ANSWERS", "DECISION", "PROBABILITIES", "SCORES", "answering", "check_answer"]

SCORES, DECISION, PROBABILITIES = "scores", "decision", "probabilities"

ANSWERS = (SCORES, DECISION, PROBABILITIES)
"""What a decoder may answer with; by default the first."""


def check_answer(answer: str, task: Task, network: Network) -> None:
    """Check that a network can answer so.

    Raises
    ------
    InputError
        If it is a decision, and the task is none of classes alone; or probabilities, and the
        network does not end in a softmax.
    """
    outputs, last = network.output_count, network.nodes[-1]
    if answer == DECISION and (task.kinds != (Kind.CLASSES,) or outputs < 2):
        raise InputError(
            f"--answer {DECISION}: expected the task {Kind.CLASSES}, got "
            f"{' or '.join(task.kinds)} of {outputs} outputs"
        )
    if answer == PROBABILITIES and not isinstance(last.layer, Softmax):
        raise InputError(
            f"--answer {PROBABILITIES}: expected a network that ends in a softmax, got layer "
            f"{last.name!r} of another type at the end of {network.name}"
        )


def answering(model: IntegerModel, answer: str) -> IntegerModel:
    """The model that gives ``answer``, of that of a network which ends as its rewrites left it."""
    if answer != DECISION:
        return model
    last, name = model.nodes[-1], DECISION
    while name in (*(item.name for item in model.inputs), *(node.name for node in model.nodes)):
        name += "_"
    decision = ModelNode(name, (last.name,), Decision(last.layer.output, model.output_count))
    return replace(model, nodes=(*model.nodes, decision))
