"""Rung 6: structured judgement by several raters."""
