"""Upgrades of a home that an earlier version made: one module per version, and the order in which they are applied."""
