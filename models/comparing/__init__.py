"""Comparable groups from scores, made without outcomes.

Matching, weighting, balance, overlap and the gate.
"""
