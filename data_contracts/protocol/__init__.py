"""The protocol (`project.yaml`): sections, rules and table contracts.

The folder names `comparison/` and `time/` are reserved.
"""
