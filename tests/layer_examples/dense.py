from build_decoder.models.layers.dense import Dense

EXAMPLES = (
    (Dense(3, "sigmoid"), ((5,),)),
    (Dense(1, "linear"), ((1,),)),
)
