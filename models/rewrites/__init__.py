"""Exact rewrites: from a network to another one that computes the same and is better hardware.

To add one, add a module here that defines ``REWRITE``: it is found by itself. Other modules here
are what rewrites share.
"""

from build_decoder.models.discovery import discover
from build_decoder.models.network import Network
from build_decoder.models.rewrites.definition import Applied, Rewrite, Rewritten

__all__ = ["REWRITES", "Applied", "Rewritten", "rewrite"]

REWRITES: tuple[Rewrite, ...] = tuple(
    sorted(
        discover(__name__, __path__, "REWRITE", in_each=False).values(),
        key=lambda each: (each.order, each.name),
    )
)
"""All rewrites, in the order in which they are tried."""


def rewrite(
    network: Network, *, probabilities: bool = False, decision: bool = False
) -> Rewritten:
    """`network` after all rewrites, run until none finds anything more to do.

    Parameters
    ----------
    network:
        Any network. Where nothing applies it comes out itself, the same object: so does every
        chain of dense layers without a softmax.
    probabilities:
        Whether the outputs must stay what they are, a final softmax included. Otherwise rewrites
        that keep only the decisions run as well.
    decision:
        Whether nobody sees the outputs, but for the index of the largest. Rewrites run as well
        after which they are no scores.
    """
    rewrites = [
        each
        for each in REWRITES
        if each.keeps_outputs or (each.keeps_scores and not probabilities) or decision
    ]
    found: dict[str, list[str]] = {}
    while True:
        # From the first again after each change: later ones rely on what earlier ones leave.
        for each in rewrites:
            if change := each.function(network):
                network = change.network
                found.setdefault(each.name, []).append(change.where)
                break
        else:
            break
    return Rewritten(
        network,
        tuple(
            Applied(each.name, f"{each.title}: {', '.join(found[each.name])}")
            for each in rewrites
            if each.name in found
        ),
        all(each.keeps_outputs for each in rewrites if each.name in found),
    )
