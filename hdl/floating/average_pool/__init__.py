"""Average pooling in floating point."""
