"""What the design `systematic_review` reads, asks for and assumes."""
