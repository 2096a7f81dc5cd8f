"""The protocol (`project.yaml`): its sections, its rules, and the contracts of the tables it asks for.

Reserved for what comes: `comparison/` and `time/`.
"""
