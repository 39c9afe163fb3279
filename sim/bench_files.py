"""Names of files that a running bench leaves for the process that started it."""

__all__ = ["METERS", "RECEIVED", "WAVES"]

RECEIVED = "received.txt"
"""How many outputs have come by now."""

WAVES = "waves.vcd"
"""All signals of a run, from some frame on."""

METERS = "meters.txt"
"""What meters counted, a line each."""
