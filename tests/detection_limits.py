"""What detection of the simple simulator's nCAPs has to reach: measured are 95.4 % and 3.6 %."""

__all__ = ["LEAST_FOUND", "MOST_FALSE"]

LEAST_FOUND = 0.95  # of those from 15 dB
MOST_FALSE = 0.05  # of all peaks
