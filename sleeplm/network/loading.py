"""Networks by folder or by name on the hub: ours where none is named."""

from pathlib import Path

from sleeplm.errors import ModelError
from sleeplm.network.encoder import Encoder, require_bfloat16
from sleeplm.network.hub import folder_of
from sleeplm.network.nano import NanoSleepLM
from sleeplm.network.nano.context import FILES as CONTEXT_FILES
from sleeplm.network.nano.files import FILES as NANO_FILES
from sleeplm.network.published import PublishedSleepLM
from sleeplm.network.published.folders import FILES as PUBLISHED_FILES
from sleeplm.network.published.folders import holds_published, name_in

MOST_NAME = 80  # characters: a name is shown on one line of the page


class SleepLM:
    """A sleep-language model: `from_pretrained` gives a `NanoSleepLM` or a `PublishedSleepLM`.

    It cannot be made itself.

    Raises
    ------
    TypeError
        Somebody tries.
    """

    def __init__(self) -> None:
        raise TypeError("a SleepLM is loaded with SleepLM.from_pretrained()")

    @classmethod
    def from_pretrained(cls, path: str | Path | None = None) -> NanoSleepLM | PublishedSleepLM:
        """Load weights.

        Parameters
        ----------
        path : path-like or str, optional
            Folder, or name on the hub, of ``nano.safetensors``, ``nano.json``, ``tokenizer.json`` and, if there is
            one, the context network; ours by default. Or of the published network's files:
            ``yang-ai-lab/SleepLM-Base``.

        Returns
        -------
        NanoSleepLM or PublishedSleepLM
            By what the folder holds.

        Raises
        ------
        ModelError
            A file is missing, altered or of another shape, or the hub cannot be reached.
        """
        if path is None:
            return NanoSleepLM.from_folder()
        folder = folder_of(path, (*NANO_FILES, *CONTEXT_FILES, *PUBLISHED_FILES))
        if not holds_published(folder):
            return NanoSleepLM.from_folder(folder)
        if folder == Path(path).expanduser():
            return PublishedSleepLM.from_folder(folder, name_in(folder))
        model = PublishedSleepLM.from_folder(folder, str(path))
        _ = model.tokenizer  # fetched now, while there is a network
        return model


def load_encoder(name: str | None = None, bf16: bool = False) -> Encoder:
    """Load a network by folder or by its name on the hub, ours where there is no name, in the precision asked for.

    Parameters
    ----------
    name : str, optional
        As `SleepLM.from_pretrained` takes it.
    bf16 : bool
        Whether it shall compute in bfloat16.

    Raises
    ------
    ModelError
        It is not there, is damaged, or has a name that cannot be shown.
    UsageError
        It does not compute in bfloat16.
    """
    encoder = SleepLM.from_pretrained(name)
    if not encoder.name.isprintable() or not 1 <= len(encoder.name) <= MOST_NAME:
        raise ModelError(f"the name of the network is not one line of 1 to {MOST_NAME} printable characters")
    return require_bfloat16(encoder).to_bfloat16() if bf16 else encoder
