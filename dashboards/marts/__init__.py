"""Published records as tables: one row per fact, the tables that pages and files are made from."""
