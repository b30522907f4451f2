"""The chat over a night: tools, plan, language model, grounding, conversation, page and command line."""
