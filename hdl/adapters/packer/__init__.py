"""Packer: single values gathered into wider transfers."""
