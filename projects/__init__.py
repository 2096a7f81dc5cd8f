"""The demo portfolio: protocols, and generators of their deliveries."""
