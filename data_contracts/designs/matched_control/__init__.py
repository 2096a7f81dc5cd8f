"""What the design `matched_control` reads, asks for and assumes."""
