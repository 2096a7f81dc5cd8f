"""The seven ways to answer “compared with what?”.

There is a folder per rung, and each opens with `design.py`.
"""
