"""From SleepLM's tokens of an epoch to soft tokens in the embedding space of the language model."""

import json
from pathlib import Path

import torch
from torch import nn

from sleeplm.errors import ModelError

WEIGHTS = Path(__file__).parents[1] / "weights"


def read_config(weights: Path = WEIGHTS) -> dict:
    """What stands beside a projector: its sizes, and as ``encoder`` and ``encoder_sha256`` whose tokens it reads.

    Raises
    ------
    ModelError
        The file is missing or damaged.
    """
    try:
        return dict(json.loads((weights / "config.json").read_text()))
    except (OSError, TypeError, ValueError) as error:
        raise ModelError(f"the projector in {weights.name} cannot be loaded: {error}") from None


class Projector(nn.Module):
    """Pool an epoch's tokens into a few, and map each into the language model's embedding space.

    Every soft token is an attention-weighted mean of the epoch's tokens under a learned query, passed through a
    small MLP and scaled to the size of the model's own word embeddings.

    Parameters
    ----------
    width : int
        Width of a SleepLM token.
    hidden : int
        Width of the language model's embeddings.
    soft_tokens : int
        How many tokens stand for one epoch.
    scale : float
        Root mean square of the language model's word embeddings.
    """

    def __init__(self, width: int, hidden: int, soft_tokens: int = 4, scale: float = 0.1):
        super().__init__()
        self.config = {"width": width, "hidden": hidden, "soft_tokens": soft_tokens, "scale": scale}
        self.norm = nn.LayerNorm(width)
        self.queries = nn.Parameter(torch.randn(soft_tokens, width) / width**0.5)
        self.mlp = nn.Sequential(nn.Linear(width, hidden), nn.GELU(), nn.Linear(hidden, hidden))
        self.out = nn.LayerNorm(hidden)
        self.scale = scale

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        """Project tokens ``[batch, tokens, width]`` to ``[batch, soft_tokens, hidden]``."""
        x = self.norm(tokens)
        weights = torch.softmax(self.queries @ x.transpose(1, 2) / x.shape[-1] ** 0.5, dim=-1)
        return self.out(self.mlp(weights @ x)) * self.scale
