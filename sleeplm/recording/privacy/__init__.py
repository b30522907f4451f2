"""Whose night it is stays with the file: what of its text is safe to keep, redaction, de-identified copies."""
