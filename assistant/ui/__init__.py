"""The page: one night to look at and to ask about, in the browser."""
