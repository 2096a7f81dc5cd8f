"""Prices, payers and the settings of `economics.yaml`."""
