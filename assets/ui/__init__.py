"""How values are shown on asset pages in the Dagster UI. Knows no other wing."""
