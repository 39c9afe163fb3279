"""What networks and baselines need, each by one measure, for tables and figures."""

from build_decoder.models.nerve_cuff.report.selection import is_baseline
from build_decoder.models.nerve_cuff.training.summary import Summary

__all__ = ["need_of"]


def need_of(one: Summary, measure: str) -> float:
    """Mean of a measure over the rows; an SVM keeps other support vectors in each training.

    Baselines have no TFLite file, and no FLOPs are counted for them. Taken are a byte or four for
    each weight, and two FLOPs for each MAC.

    Parameters
    ----------
    measure:
        ``weights``, ``macs``, ``flops``, ``tflite_bytes`` or ``tflite_float_bytes``.
    """
    if is_baseline(one.network):
        factor, measure = {
            "flops": (2, "macs"),
            "tflite_bytes": (1, "weights"),
            "tflite_float_bytes": (4, "weights"),
        }.get(measure, (1, measure))
        return factor * one.mean(measure)
    return one.mean(measure)
