"""What an effect is worth: to whom, when, and how sure that is.

Belongs here: accounts in money, pure. Does not belong here: prices and what a
project declares (contracts), and the effect (`designs/`).
"""
