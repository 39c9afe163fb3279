"""The network of this project's family that its exploration chose."""

from models.escape.escape_tcn import EscapeTcn

__all__ = ["OWN_NETWORK"]

# Of `models.explore --grid own`, that of the highest macro F1 on simulated subjects 1 to 3, fold 0.
OWN_NETWORK = EscapeTcn(filters=6, dense=0, kernels=(15,), pool=25, dropout=0.5)
