"""What an effect is worth, to whom, and how uncertain that is."""
