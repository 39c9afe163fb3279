"""Dense layers in floating point."""
