"""Training of SleepLM nano and of its context network."""
