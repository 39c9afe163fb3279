"""Names of files that a running bench leaves for the process that started it."""

__all__ = ["RECEIVED"]

RECEIVED = "received.txt"
"""How many outputs have come by now."""
