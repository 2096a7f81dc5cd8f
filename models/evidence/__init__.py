"""What a result is worth: its rung, certainty, claims, risk of bias and what would lift it.

Facts in, judgement out. Which facts earn which rung is in `data_contracts/ladder/`.
"""
