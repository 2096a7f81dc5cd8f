"""Effects of comparable groups.

Estimators with their errors, chosen by the name in the protocol.
"""
