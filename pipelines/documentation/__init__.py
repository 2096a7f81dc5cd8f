"""Pages of `docs/` that are made from code and YAML, so that they cannot drift."""
