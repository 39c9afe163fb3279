from build_decoder.models.layers.max_pool import MaxPool

EXAMPLES = (
    (MaxPool((2, 2)), ((5, 7, 3),)),
    (MaxPool((5, 1)), ((12, 1, 2),)),
)
