"""Unpacker: single values of wider transfers."""
