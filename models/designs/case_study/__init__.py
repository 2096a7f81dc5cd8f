"""Rung 7: coded cases and rival explanations."""
