from build_decoder.models.layers.dropout import Dropout

EXAMPLES = (
    (Dropout(0.25), ((5,),)),
    (Dropout(0.5), ((3, 2, 1),)),
)
