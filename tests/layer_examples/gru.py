from build_decoder.models.layers.gru import Gru

EXAMPLES = (
    (Gru(3, True), ((6, 4),)),
    (Gru(2, False), ((5, 3),)),
    (Gru(2, True, backward=True), ((4, 2),)),
)
