"""The demo portfolio: protocols, and the worlds their deliveries are drawn from."""
