"""An example of a design (rung 3): participants against the level of the outcome before the project began."""
