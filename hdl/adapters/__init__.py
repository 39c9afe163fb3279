"""Adapters between layers: one folder each, with a plan and a component."""
