"""Exit codes of the command line, and their meanings in help texts."""

from __future__ import annotations

OK, FAILED, USAGE, REFUSED, NO_HOME = 0, 1, 2, 3, 4


EXIT_CODES = """
Exit codes: 0 done · 1 failed · 2 wrong usage · 3 input refused · 4 no home found.
"""
