"""Generated pages of `docs/`, so that they cannot drift from the code."""
