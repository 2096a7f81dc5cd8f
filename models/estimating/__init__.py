"""Effects of comparable groups: estimators with their errors, chosen by the name in the protocol."""
