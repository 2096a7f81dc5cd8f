"""The result record, and what of it may be published."""
