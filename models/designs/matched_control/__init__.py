"""Rung 4: participants against similar people."""
