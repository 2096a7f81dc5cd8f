"""Rung 3: the same units before and after, beside units that were not treated."""
