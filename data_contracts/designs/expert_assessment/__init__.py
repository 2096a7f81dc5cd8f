"""What the design `expert_assessment` reads, asks for and assumes."""
