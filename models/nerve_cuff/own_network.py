"""The network of this project's family that its exploration chose."""

from build_decoder.models.nerve_cuff.escape_tcn import EscapeTcn

__all__ = ["OWN_NETWORK"]

# `models.nerve_cuff.explore --grid own` found it: the least loss on the validation parts of
# simulated subjects 1 to 3, fold 0. The test parts of fold 0 were not looked at; the test parts of
# folds 1 and 2 have the signatures of these validation parts in them.
OWN_NETWORK = EscapeTcn(filters=12, dense=0, kernels=(9,), pool=25, dropout=0.5)
