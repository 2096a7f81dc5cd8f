"""CSV, workbook, Parquet and their descriptions."""
