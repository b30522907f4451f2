"""Captions read back to the claims they make, and rewritten only where the claims survive."""
