"""Many nights: the embeddings of their epochs, and what is needed to filter and show them."""
