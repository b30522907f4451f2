"""The chat over a night: tools, plan, language model, grounding, conversation, page and command line.

    Assistant.load, .answer            a question about a study in, a grounded answer out
    Answer, Citation                   what an answer is made of
    add_night, delete_night            studies and their indexes together

Nothing is loaded before it is asked for.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
