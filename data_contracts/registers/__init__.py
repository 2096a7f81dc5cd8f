"""What is known of public registers and official codes."""
