"""A ``.keras`` file, read by name and bounded.

`archive` unpacks it, `weights` bounds its arrays, `config` follows its layers, `settings` says what
each of them computes, `chain` makes a decoder's layers of them, and `proof` compares the result
with the Keras model itself. All but the last work on the file alone: Keras opens only what they
took.
"""
