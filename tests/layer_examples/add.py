from build_decoder.models.layers.add import Add

EXAMPLES = (
    (Add(), ((5,), (5,))),
    (Add(), ((2, 3), (2, 3), (2, 3))),
    (Add(), ((2, 3, 4), (2, 3, 4))),
)
