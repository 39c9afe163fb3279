"""Operations on raw integers, of which integer layers are made: parameters and ``compute()``.

Every operation is exact. Arrays may be of any type that holds the integers exactly, and results are
of a type that does (:mod:`quant.carrier`), so that a search runs the very operations that define
the integer model.
"""
