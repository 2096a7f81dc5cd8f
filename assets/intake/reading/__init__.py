"""Reading a delivered file: CSV, workbook and Parquet into text cells, and cells into values."""
