"""Demo deliveries: published data sets, and synthetic people."""
