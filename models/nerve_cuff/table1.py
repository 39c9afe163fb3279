"""The four networks of Table 1, and the paper's figures of them."""

from dataclasses import dataclass

from build_decoder.models.nerve_cuff.escape_fcn import EscapeFcn
from build_decoder.models.nerve_cuff.escape_net import EscapeNet
from build_decoder.models.nerve_cuff.escape_rnn import EscapeRnn

__all__ = ["TABLE_1", "PaperNetwork"]


@dataclass(frozen=True)
class PaperNetwork:
    """A network and its row of Tables 1 and 2.

    Parameters
    ----------
    title:
        Its name in the paper.
    network:
        The network that has exactly these weights and FLOPs.
    weights, flops:
        Table 1.
    float_kib, integer_kib:
        Table 2: size of the TFLite file with 32-bit and with 8-bit weights, in 1,024 bytes.
    accuracy, macro_f1:
        Table 1: mean and standard deviation over subjects and folds. With 8-bit weights both are
        the same within 0.001 (Table 2).
    """

    title: str
    network: EscapeNet | EscapeFcn | EscapeRnn
    weights: int
    flops: int
    float_kib: float
    integer_kib: float
    accuracy: tuple[float, float]
    macro_f1: tuple[float, float]


TABLE_1 = {
    "escape_net": PaperNetwork(
        "ESCAPE-NET",
        EscapeNet(filters=64, dense=256, dropout=0.5),
        23_112_067,
        529_405_202,
        90_287,
        22_585,
        (0.8076, 0.1013),
        (0.75, 0.11),
    ),
    "escape_net_mini": PaperNetwork(
        "ESCAPE-NET Mini",
        EscapeNet(filters=4, dense=8, kernels=(8, 4, 2, 1)),
        12_931,
        7_405_290,
        57.65,
        22.69,
        (0.7722, 0.1164),
        (0.70, 0.13),
    ),
    # The text says multiplier 2, which has 34,083 weights; the table is of multiplier 1.
    "escape_fcn": PaperNetwork(
        "ESCAPE-FCN",
        EscapeFcn(filters=16, pointwise=8, sets=2, multiplier=1),
        15_075,
        83_549_215,
        65.70,
        27.32,
        (0.7771, 0.1079),
        (0.71, 0.12),
    ),
    # Its FLOPs count one time step of each LSTM: `Resources.profiled_flops`.
    "escape_rnn": PaperNetwork(
        "ESCAPE-RNN",
        EscapeRnn(units=32, dense=16, cell="lstm", attention=True),
        20_423,
        47_810,
        113.05,
        58.11,
        (0.7841, 0.1001),
        (0.71, 0.12),
    ),
}
