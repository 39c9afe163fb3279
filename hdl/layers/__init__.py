"""Layers in hardware: one folder a type, with a plan and a component."""
