"""Pictures as SVG, each with its numbers in words."""
