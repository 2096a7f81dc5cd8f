"""Files of a home: where they lie, how they are written, locked, chained and audited."""
