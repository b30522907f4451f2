"""Fine-tuning of a network of the published form."""
