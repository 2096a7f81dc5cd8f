"""Who is studied and what was measured of them: cohorts, repeated rows, outcomes placed in their window.

Time zero (`time/`) will have a wing of its own in here.
"""
