"""Public registers and official codes."""
