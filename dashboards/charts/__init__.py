"""Charts as SVG, each with a text alternative that gives its numbers."""
