"""The command `trin`: verbs, options, help and output.

Verbs import their implementation when called, to keep start-up fast.
"""
