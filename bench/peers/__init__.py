"""The same trained networks through other generators of hardware."""
