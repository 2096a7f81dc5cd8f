"""Formulas that know no noun of Trin: intervals, pooling, agreement, resampling, power and q-values."""
