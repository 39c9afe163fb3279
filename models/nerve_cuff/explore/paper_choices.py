"""The paper's choices at each stage of its exploration (Sections 3.1 to 3.3)."""

from build_decoder.models.nerve_cuff.escape_fcn import EscapeFcn
from build_decoder.models.nerve_cuff.escape_net import EscapeNet
from build_decoder.models.nerve_cuff.escape_rnn import EscapeRnn
from build_decoder.models.nerve_cuff.training.schedule import Network

__all__ = ["PAPER_CHOICES"]

_MINI = EscapeNet(4, 8, (8, 4, 2, 1))
_RNN = EscapeRnn(32, 16, 3, "lstm", attention=True)

# By family and stage. Where the paper names no choice of a stage, there is none.
PAPER_CHOICES: dict[tuple[str, str], Network] = {
    ("Mini", "1 initial width"): EscapeNet(8, 8),
    ("Mini", "2 secondary width"): EscapeNet(4, 8),
    ("Mini", "3 layer count"): _MINI,
    ("Mini", "4 filter size (4 layers)"): _MINI,
    ("Mini", "5 dropout"): _MINI,
    ("FCN", "1 initial width"): EscapeFcn(16, 16),
    ("FCN", "2 secondary width"): EscapeFcn(16, 8),
    ("FCN", "3 sets"): EscapeFcn(16, 8, 2),
    # Its text says 2, its Table 1 is of 1.
    ("FCN", "4 multiplier (2 sets)"): EscapeFcn(16, 8, 2, 1),
    ("RNN", "1 initial width"): EscapeRnn(32, 32),
    ("RNN", "2 secondary width"): EscapeRnn(32, 16),
    ("RNN", "3 layer count"): EscapeRnn(32, 16, 3),
    ("RNN", "4 layer type"): EscapeRnn(32, 16, 3, "lstm"),
    ("RNN", "5 last layer attention"): _RNN,
}
