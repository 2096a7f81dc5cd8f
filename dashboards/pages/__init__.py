"""HTML pages and the PDF."""
