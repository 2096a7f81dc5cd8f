"""Delivered files: reception, reading, rules, register and receipts."""
