"""Files that projects write beside their protocol: accounts, judgements, dossiers; the site's settings."""
