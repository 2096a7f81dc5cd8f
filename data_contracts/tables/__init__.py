"""One ODCS contract per table that projects and registers deliver."""
