"""The chat over a night: tools, plan, language model, grounding, conversation, page and command line."""


def __getattr__(name: str):
    if name == "Assistant":  # loaded when asked for: a language model is heavy, most of this room is not
        from assistant.chat import Assistant

        return Assistant
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
