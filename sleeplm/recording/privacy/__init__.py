"""Privacy: age and sex of who slept, which text is safe to store, redaction of sentences, de-identified copies."""
