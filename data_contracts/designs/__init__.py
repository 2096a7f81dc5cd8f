"""A folder per design: what it reads, asks for and assumes."""
