"""From a question, and the turn before it, to the tool calls that answer it."""
