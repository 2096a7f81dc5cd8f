"""What the design `interrupted_example` reads, asks for and assumes."""
