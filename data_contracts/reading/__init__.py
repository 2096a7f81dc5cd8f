"""Safe YAML, faults with line numbers, and Trin's own data files."""
