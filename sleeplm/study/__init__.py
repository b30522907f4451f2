"""One analysed night and its folder: analysis, person, montages, export."""
