"""What the design `panel` reads, asks for and assumes."""
