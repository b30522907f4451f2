"""A network of the released layout, small and with random weights, as the hub would hold it."""

import copy
import json
from dataclasses import replace
from pathlib import Path

import torch

from sleeplm.network.published import PublishedNetwork
from sleeplm.network.published.sizes import CONFIG, SIZES

TINY = replace(
    SIZES, dim=8, width=24, heads=2, hidden=72, blocks=2, conv_width=6, tokens=4, text_heads=2, text_hidden=96,
    text_layers=2, context=24, vocabulary=300, decoder_heads=3, decoder_hidden=96, decoder_layers=2, head_layers=1,
    head_hidden=48,
)  # fmt: skip


def tiny_config() -> dict:
    config = copy.deepcopy(CONFIG)
    config["embed_dim"] = 8
    config["biosignals_cfg"] |= {
        "conv_embed_dim": 6, "transformer_layers": 2, "transformer_width": 24, "transformer_heads": 2,
        "decoder_tokens": 4,
    }  # fmt: skip
    config["text_cfg"] |= {"context_length": 24, "vocab_size": 300, "layers": 2, "heads": 2, "width": 24}
    config["multimodal_cfg"] |= {"context_length": 24, "layers": 2, "heads": 3, "width": 24}
    return config


def tiny_network(seed: int = 0) -> PublishedNetwork:
    torch.manual_seed(seed)
    network = PublishedNetwork(TINY)
    for name, value in network.named_parameters():
        if not name.endswith("freqs"):
            torch.nn.init.normal_(value, std=0.3) if value.ndim > 1 else None
    return network.eval().requires_grad_(False)


def published(network: PublishedNetwork) -> dict:
    """What the published checkpoint holds."""
    state = {f"module.{key}": value for key, value in network.state_dict().items()}
    return {"epoch": 3, "name": "tiny", "state_dict": state}


WORDS = "heart rate beat at is the oxygen sleep stage eeg delta power breath position left of and percent".split()


def write_tokenizer(folder: Path, size: int = TINY.vocabulary) -> None:
    """Byte pairs as CLIP has them, over a small alphabet: ``!`` is 0, the two special words are last."""
    letters = [chr(i) for i in range(33, 127) if not chr(i).isupper()]
    vocabulary, merges = letters + [letter + "</w>" for letter in letters], []
    for word in WORDS:
        parts = [*word[:-1], word[-1] + "</w>"]
        while len(parts) > 1:
            merges.append(f"{parts[0]} {parts[1]}")
            parts[:2] = ["".join(parts[:2])]
            vocabulary.append(parts[0])
    vocabulary = list(dict.fromkeys(vocabulary))
    vocabulary += [f"<unused {i}>" for i in range(size - 2 - len(vocabulary))]
    vocabulary += ["<|startoftext|>", "<|endoftext|>"]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "vocab.json").write_text(json.dumps({word: i for i, word in enumerate(vocabulary)}))
    (folder / "merges.txt").write_text("#version: 0.2\n" + "\n".join(dict.fromkeys(merges)) + "\n")


def write_published(folder: Path, change=lambda state: None, network: PublishedNetwork | None = None) -> Path:
    """A checkpoint after a change of its tensors, and its configuration beside it."""
    content = published(network or tiny_network())
    change(content["state_dict"])
    folder.mkdir(parents=True, exist_ok=True)
    torch.save(content, folder / "model_checkpoint.pt")
    (folder / "config.json").write_text(json.dumps(tiny_config()))
    return folder / "model_checkpoint.pt"
