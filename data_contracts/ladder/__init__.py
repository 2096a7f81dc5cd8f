"""The evidence ladder: rungs, facts, error sources, gates, crosswalk.

Also the questions of two risk-of-bias instruments.
"""
