"""Rung 1: several studies pooled, and the living review of a portfolio."""
