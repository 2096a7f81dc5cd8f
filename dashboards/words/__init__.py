"""Results as text: on one screen, in one line, in money."""
