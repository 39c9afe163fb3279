from build_decoder.models.layers.affine import Affine

EXAMPLES = (
    (Affine(), ((4,),)),
    (Affine(), ((3, 5, 2),)),
)
