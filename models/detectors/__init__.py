"""One function per error source: given findings, the state of the source. `registry.py` lists them."""
