"""Values on asset pages in the Dagster UI; imports no other wing."""
