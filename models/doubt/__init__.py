"""How wrong a number could be: E-values, hidden bias, negative controls, people who were lost."""
