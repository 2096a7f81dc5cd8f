"""Published records as tables, from which pages and files are made."""
