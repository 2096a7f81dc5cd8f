"""Propensity scores: the design matrix, the terms in it, and the two ways to fit it. Sees no outcome."""
