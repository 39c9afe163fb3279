"""What a decoder answers with: scores as they are, or the decision that they lead to."""

from dataclasses import replace

from build_decoder.models.errors import InputError
from build_decoder.models.task import Kind, Task
from build_decoder.quant.integer_model import IntegerModel, ModelNode
from build_decoder.quant.layers.decision import Decision

__all__ = ["ANSWERS", "DECISION", "SCORES", "answering", "check_answer"]

SCORES, DECISION = "scores", "decision"

ANSWERS = (SCORES, DECISION)
"""What a decoder may answer with; by default the first."""


def check_answer(answer: str, task: Task, outputs: int) -> None:
    """Check that a network of so many outputs can answer so.

    Raises
    ------
    InputError
        If it is a decision, and the task is none of classes alone.
    """
    if answer == DECISION and (task.kinds != (Kind.CLASSES,) or outputs < 2):
        raise InputError(
            f"--answer {DECISION}: expected the task {Kind.CLASSES}, got "
            f"{' or '.join(task.kinds)} of {outputs} outputs"
        )


def answering(model: IntegerModel, answer: str) -> IntegerModel:
    """The model that gives ``answer`` in place of scores."""
    if answer == SCORES:
        return model
    last, name = model.nodes[-1], DECISION
    while name in (*(item.name for item in model.inputs), *(node.name for node in model.nodes)):
        name += "_"
    decision = ModelNode(name, (last.name,), Decision(last.layer.output, model.output_count))
    return replace(model, nodes=(*model.nodes, decision))
