"""What a result is worth: its rung, its certainty and what lifts it.

Claims and risk of bias are here too.

Facts in, judgement out. Which facts earn which rung is in `data_contracts/ladder/`.
"""
