"""Sums of an attention over the time steps in integers."""

from dataclasses import dataclass

from build_decoder.quant.layers.attention import Attention, AttentionQuantiser
from build_decoder.quant.operations.attend_sums import AttendSums

__all__ = ["QUANTISER", "AttentionSums"]


@dataclass(frozen=True, eq=False)
class AttentionSums(Attention):
    """Sums of the steps, weighted, and of their weights:
    :class:`~quant.operations.attend_sums.AttendSums`.

    Parameters
    ----------
    attend
        Formats, weights and the activation.

    Raises
    ------
    ValueError
        If shapes do not match or anything is wider than the widest format.
    """

    attend: AttendSums


QUANTISER = AttentionQuantiser("attention_sums", AttentionSums, AttendSums)
