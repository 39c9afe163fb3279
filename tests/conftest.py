"""Settings of all tests."""

import os

# As the commands do: each worker has a core, and threads of small products wait for each other.
# Libraries read this as they are loaded: NumPy has one, and SciPy another one, later.
os.environ["OPENBLAS_NUM_THREADS"] = "1"
