from build_decoder.models.layers.softmax import Softmax

EXAMPLES = (
    (Softmax(), ((4,),)),
    (Softmax(), ((3, 5),)),
)
