from build_decoder.models.layers.flatten import Flatten

EXAMPLES = (
    (Flatten(), ((3, 4, 2),)),
    (Flatten(), ((5,),)),
)
