"""The language model that says captions in other words: the packaged one, or any causal one by name or folder."""

from sleeplm.captions.reading.rewrite import Paraphraser


def paraphraser(llm: str | None = None) -> Paraphraser:
    """Load a language model for `sleeplm.captions.reading.rewrite.rewrite`; the packaged one without our adapter.

    Raises
    ------
    ModelError
        It is not there, cannot be read, or was not tuned to follow instructions.
    """
    import torch

    from assistant.llm import choose_dtype
    from assistant.pretrained import load_pretrained, packaged_folder

    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    return Paraphraser(*load_pretrained(packaged_folder() if llm is None else llm, choose_dtype(device), device))
