"""One row for each kind: stages, channels, events, facts. A row says all that is true of its kind."""
