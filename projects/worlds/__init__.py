"""How demo deliveries come about: published data sets, and synthetic people with a known truth."""
