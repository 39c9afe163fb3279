"""Number formats, bit-true parameter objects, and the search for each signal node's width."""
