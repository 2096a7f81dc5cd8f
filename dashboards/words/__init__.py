"""A result in sentences: on one screen, on one line, in money."""
