"""Files that arrive: received, named, judged, kept or refused, and answered with a receipt."""
