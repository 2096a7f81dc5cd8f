"""Smaller files in a home: site settings, notices, judgements, dossiers."""
