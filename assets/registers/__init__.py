"""Register tables: event histories, and balance of every covariate."""
