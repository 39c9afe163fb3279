"""Whether the order of the alphabet is that of the outputs, where labels are names.

Nobody said then which output is which class. With the wrong order, every figure of accuracy would
be of classes that were mixed up.
"""

import numpy as np

from build_decoder.models.files.golden_file import GoldenFile

__all__ = ["alphabet_note"]


def alphabet_note(file: GoldenFile, decided: np.ndarray, labels: np.ndarray) -> str:
    """A line for the user that says the order.

    Parameters
    ----------
    decided, labels:
        Decisions of the network in floats, and true ones by the alphabet, (samples, 1).

    Raises
    ------
    InputError
        The network is right more often if its outputs have another order of the names: if each name
        belongs to the class that is decided most often for it.
    """
    names = file.class_names
    counts = np.zeros((len(names), len(names)), dtype=int)
    np.add.at(counts, (labels[:, 0], decided[:, 0]), 1)
    order = counts.argmax(axis=1)
    other, right = counts.max(axis=1).sum(), np.trace(counts)
    if len(set(order)) == len(names) and other > right:
        by_output = [names[number] for number in np.argsort(order)]
        raise file.error(
            "labels",
            "class_names, the names in the order of the outputs, since the network's decisions do "
            f"not fit the alphabet's ({right / len(labels):.1%} right)",
            f"names alone ({other / len(labels):.1%} are right with {', '.join(by_output)})",
        )
    told = ", ".join(f"{number} is {name}" for number, name in enumerate(names))
    return (
        f"labels are names, in the order of the alphabet: class {told} (class_names says another)"
    )
