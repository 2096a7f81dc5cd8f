"""The evidence ladder: rungs, facts that earn them, error sources, gates, crosswalk, risk-of-bias questions."""
