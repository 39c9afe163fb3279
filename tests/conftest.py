"""Settings of all tests."""

import gc
import os

# As the commands do: each worker has a core, and threads of small products wait for each other.
# Libraries read this as they are loaded: NumPy has one, and SciPy another one, later.
os.environ["OPENBLAS_NUM_THREADS"] = "1"

# Circuits are many small objects that live until their test ends: to look at all of them every 700
# new ones takes a twentieth of the time.
gc.set_threshold(50_000, 20, 50)
