from build_decoder.models.layers.lstm import Lstm

EXAMPLES = (
    (Lstm(3, True), ((6, 4),)),
    (Lstm(2, False), ((5, 3),)),
    (Lstm(2, False, backward=True), ((4, 2),)),
)
