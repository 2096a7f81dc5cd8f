"""General statistical formulas.

Intervals, pooling, agreement, resampling, power and q-values; nothing here depends on Trin's own types.
"""
