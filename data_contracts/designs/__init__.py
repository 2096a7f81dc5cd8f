"""What each design reads, asks for and assumes."""
