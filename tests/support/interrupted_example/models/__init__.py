"""Example of a design (rung 3): participants and the level before."""
