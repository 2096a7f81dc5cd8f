"""From restricted values to what may be published: nobody can be recognised in what leaves here."""
