"""The smaller files that people write in a home: site settings, notices, judgements, dossiers."""
