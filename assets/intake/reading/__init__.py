"""Reading of CSV, XLSX and Parquet files into text cells, then values."""
