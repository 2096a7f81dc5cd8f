"""Detectors: from findings to the state of each error source.

There is one function per error source. `registry.py` lists them.
"""
