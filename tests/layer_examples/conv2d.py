from build_decoder.models.layers.conv2d import Conv2d

EXAMPLES = (
    (Conv2d(3, (4, 3), "relu"), ((5, 7, 2),)),
    (Conv2d(2, (3, 1), "tanh"), ((6, 1, 4),)),
    (Conv2d(2, (8, 8), "linear"), ((3, 4, 1),)),
)
