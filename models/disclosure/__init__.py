"""Disclosure control: from restricted values to publishable ones.

Nobody can be recognised in what leaves here.
"""
