"""``sklearn``: what shares data out."""
