from build_decoder.models.layers.attention import Attention

EXAMPLES = (
    (Attention(), ((6, 4),)),
    (Attention(), ((1, 3),)),
)
