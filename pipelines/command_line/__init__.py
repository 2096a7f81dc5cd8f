"""The command `trin`: verbs, options, help and what is printed. Verbs import their work when called."""
