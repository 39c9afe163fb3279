"""The nerve-cuff networks: ESCAPE-NET, ESCAPE-NET Mini, ESCAPE-FCN and ESCAPE-RNN.

After Hwang, Genov and Zariffa, "Resource-efficient Neural Network Architectures for Classifying
Nerve Cuff Recordings on Implantable Devices"; "Section" and "Table" below are of that paper. Each
family is a frozen dataclass of the details that the paper varies; its ``architecture()`` is a
`models.architecture.Architecture`. ESCAPE-TCN is a family of this project.
"""

from build_decoder.models.nerve_cuff.cuff import NerveCuff
from build_decoder.models.nerve_cuff.escape_fcn import EscapeFcn
from build_decoder.models.nerve_cuff.escape_net import EscapeNet
from build_decoder.models.nerve_cuff.escape_rnn import EscapeRnn
from build_decoder.models.nerve_cuff.escape_tcn import EscapeTcn
from build_decoder.models.nerve_cuff.exploration import Variant, exploration
from build_decoder.models.nerve_cuff.table1 import TABLE_1, PaperNetwork

__all__ = [
    "TABLE_1",
    "EscapeFcn",
    "EscapeNet",
    "EscapeRnn",
    "EscapeTcn",
    "NerveCuff",
    "PaperNetwork",
    "Variant",
    "exploration",
]
