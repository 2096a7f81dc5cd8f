"""Letting a quarter out: proposed by one, approved by another, checked and never changed."""
