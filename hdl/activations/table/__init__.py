"""Activation by a table."""
