"""Upgrades of homes from earlier versions: one module per version."""
