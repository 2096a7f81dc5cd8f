"""Rung 3: the same units before and after, beside untreated units."""
