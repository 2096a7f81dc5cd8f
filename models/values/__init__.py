"""Frozen values that pass between packages.

Comparisons, estimates, effects and findings of designs.
"""
