"""Quarters and periods."""
