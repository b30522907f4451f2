"""What a night is, and the sleep-language model that reads it.

    open_recording -> read_scoring -> score -> night_facts, caption_night      one night, in memory
    analyze -> open_study                                                      one night, kept in a folder
    simulate_night                                                             a night that nobody slept
    SleepLM.from_pretrained, load_released                                     networks that embed nights

Nothing is loaded before it is asked for.
"""

import lazy_loader

__version__ = "0.1.0"
RESEARCH_USE = "Research use only: not a medical device, not for diagnosis or treatment."

__getattr__, _, _lazy = lazy_loader.attach_stub(__name__, __file__)
__all__ = ["RESEARCH_USE", "__version__", *_lazy]


def __dir__() -> list[str]:
    return __all__
