"""Rung 5: participants against a rate of a larger group."""
