"""The language model: prompts, weights, decoding within a grammar, and how it reads the signal of an epoch."""
