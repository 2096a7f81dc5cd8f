"""Sensitivity of results to bias and loss.

E-values, hidden bias, negative controls, and attrition.
"""
