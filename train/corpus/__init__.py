"""Training data: simulated people and real epochs as a cohort, and batches drawn from it."""
