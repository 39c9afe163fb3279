"""Parts of layers: components, and functions that make logic."""
