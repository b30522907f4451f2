"""Weights to a folder of the hub, with a card that describes them."""

import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from sleeplm import RESEARCH_USE
from sleeplm.errors import ModelError

CARD_FILE = "README.md"


def write_card(folder: Path, name: str, dim: int, about: Mapping[str, object]) -> None:
    """Write a short model card, unless the folder has one already.

    Parameters
    ----------
    folder : path
    name : str
        What the network is called.
    dim : int
        Size of its space.
    about : mapping
        How its weights were made.
    """
    card = folder / CARD_FILE
    if card.exists():
        return
    made = "".join(f"- {key.replace('_', ' ')}: {value}\n" for key, value in about.items())
    card.write_text(
        "---\nlibrary_name: sleeplm-chat\npipeline_tag: feature-extraction\ntags: [sleep, polysomnography, eeg]\n"
        f"---\n# {name}\n{RESEARCH_USE}\n\n"
        f"A network that puts 30-s epochs of polysomnography, their seconds and short texts into one space of "
        f"{dim} dimensions. Load it with `SleepLM.from_pretrained(folder)`.\n"
        + (f"\n## How it was made\n{made}" if made else "")
    )


def push(write: Callable[[Path], None], repo_id: str, private: bool, token: str | None, message: str) -> str:
    """Write a folder with `write` and upload it; the address of what was uploaded.

    Raises
    ------
    ModelError
        The hub refused, or could not be reached.
    """
    from huggingface_hub import HfApi
    from huggingface_hub.errors import HFValidationError, HTTPError

    api = HfApi(token=token)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        write(folder)
        try:
            api.create_repo(repo_id, private=private, exist_ok=True)
            return str(api.upload_folder(repo_id=repo_id, folder_path=folder, commit_message=message))
        except HFValidationError as error:
            raise ModelError(f"{repo_id!r} is no repository's name; write it as owner/name") from error
        except (HTTPError, OSError) as error:
            raise ModelError(
                f"the hub did not take the weights as {repo_id!r}; log in with `hf auth login`, or give a token "
                "that may write there"
            ) from error
