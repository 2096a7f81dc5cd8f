"""The seven ways to answer “compared with what?”: a folder per rung, each opening with `design.py`."""
