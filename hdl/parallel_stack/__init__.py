"""LSTMs in a row, of each of which all sums are made at once."""
