"""Rights of the people in the data: erasure, retention, a new key."""
