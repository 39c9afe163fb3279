"""Long short-term memories in floating point."""
