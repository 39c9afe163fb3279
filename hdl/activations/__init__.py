"""Activation units: one folder each, with a plan and a component, found by looking in here."""
