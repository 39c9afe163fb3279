"""Settings of all tests."""

from threadpoolctl import threadpool_limits

# As the commands do: each worker has a core, and threads of small products wait for each other.
threadpool_limits(limits=1, user_api="blas")
