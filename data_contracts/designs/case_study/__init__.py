"""What the design `case_study` reads, asks for and assumes."""
