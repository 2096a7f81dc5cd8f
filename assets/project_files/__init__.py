"""Files beside the protocol: accounts, judgements, dossiers, site."""
