from build_decoder.models.layers.concat import Concat

EXAMPLES = (
    (Concat(), ((3,), (2,), (4,))),
    (Concat(), ((2, 3, 1), (2, 3, 4))),
)
