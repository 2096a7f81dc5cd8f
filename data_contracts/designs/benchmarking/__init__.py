"""What the design `benchmarking` reads, asks for and assumes."""
