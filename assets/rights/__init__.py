"""Data subjects' rights: erasure, retention and key rotation."""
