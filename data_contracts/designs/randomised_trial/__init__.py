"""What the design `randomised_trial` reads, asks for and assumes."""
