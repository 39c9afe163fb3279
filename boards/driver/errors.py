"""What can go wrong between host and board. Every message is one line."""

import numpy as np

__all__ = ["DeviceError", "LinkError", "LinkTimeout", "PortError", "SaturationWarning"]


class LinkError(Exception):
    """There is no valid answer from the board.

    Attributes
    ----------
    results
        Where it ended an `infer` or `infer_raw`: what that would have returned of the samples
        before, (samples so far, outputs). Else None.
    """

    results: np.ndarray | None = None


class LinkTimeout(LinkError):
    """The board did not answer in time."""


class DeviceError(LinkError):
    """What answers is not the decoder that is expected; the request is not repeated."""


class PortError(LinkError):
    """The port itself failed, such as by being unplugged; the request is not repeated."""


class SaturationWarning(UserWarning):
    """Inputs lie outside of the decoder's input format and became its nearest value."""
