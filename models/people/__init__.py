"""The people studied and their measurements.

Cohorts, repeated rows, and outcomes placed in their window.

Time zero will get a separate package in this folder, `time/`.
"""
