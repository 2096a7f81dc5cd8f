"""What passes between wings: comparisons, estimates, effects and findings of designs, as frozen values."""
