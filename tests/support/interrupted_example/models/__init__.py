"""Example of a design (rung 3): participants against the level before."""
