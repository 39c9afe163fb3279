"""Two runs side by side; a rewrite splits them, so there is no integer layer."""

from build_decoder.models.layers.bidirectional import Bidirectional
from build_decoder.models.layers.gru import Gru
from build_decoder.models.layers.lstm import Lstm

EXAMPLES = (
    (Bidirectional(Gru(2, True)), ((6, 4),)),
    (Bidirectional(Lstm(3, False)), ((5, 2),)),
)
