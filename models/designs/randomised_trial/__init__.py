"""Rung 2: people who drew lots."""
