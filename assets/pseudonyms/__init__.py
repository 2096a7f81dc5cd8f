"""Pseudonyms: the key, and the only code that sees an identifier."""
