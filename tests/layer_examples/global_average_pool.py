from build_decoder.models.layers.global_average_pool import GlobalAveragePool

EXAMPLES = (
    (GlobalAveragePool(), ((3, 4, 2),)),
)
