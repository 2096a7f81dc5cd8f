"""Files of a home: paths, atomic writes, locks, chains and audit."""
