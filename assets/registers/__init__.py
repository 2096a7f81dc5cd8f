"""Dated events and register tables: histories of people, and balance of what nobody matched on."""
