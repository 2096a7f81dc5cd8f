"""Releases: proposed by one person, approved by another, immutable."""
