"""A ``.keras`` file, read by name and bounded.

`archive` unpacks it, `weights` bounds its arrays, and `config` reads its layers and what each of
them takes. `settings` says what a layer computes. `chain` makes a decoder's layers of a chain of
dense ones, and `proof` compares the result with the Keras model itself; for all other models
`graph` makes a network's nodes of them, by the `readers` of each kind of layer, and `graph_proof`
compares. All but the proofs work on the file alone: Keras opens only what they took.
"""
