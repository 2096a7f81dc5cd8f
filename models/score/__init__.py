"""Propensity scores, fitted without outcomes.

The design matrix, its terms, and the two ways to fit the score.
"""
