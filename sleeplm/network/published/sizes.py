"""The sizes of a published network: from its weights' shapes and, where these cannot tell, its configuration.

Where both state something, they must agree. Beside them the sizes and the configuration of SleepLM-Base.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sleeplm.errors import ModelError

MOST_LAYERS, MOST = 128, 1 << 20  # bounds of what a configuration may ask for
# What the code computes; a configuration that asks for something else is of another network.
FIXED = {
    "biosignals_cfg.architecture": "pure_transformer",
    "biosignals_cfg.activation": "swiglu",
    "biosignals_cfg.norm_type": "rmsnorm",
    "biosignals_cfg.mlp_bias": False,
    "biosignals_cfg.share_channel_rope": True,
    "biosignals_cfg.pool_type": "attn",
    "text_cfg.embed_cls": True,
    "text_cfg.output_tokens": True,
    "decoder_type": "cross_attention",
}
HEAD = "signal_decoder."

Shapes = Mapping[str, tuple[int, ...]]


@dataclass(frozen=True)
class Sizes:
    """Everything that the shapes of a published network follow from.

    Attributes
    ----------
    dim : int
        Size of the space shared by signals and text.
    width, heads, hidden, blocks, temporal_layers : int
        Signal tower; `width` is that of all towers.
    channels, samples, patch, conv_width, tokens : int
        An epoch's channels and samples, samples a patch, filters of the convolution, pooled tokens.
    text_heads, text_hidden, text_layers, context, vocabulary : int
        Text tower.
    decoder_heads, decoder_hidden, decoder_layers, modalities, prefix : int
        Caption decoder; `prefix` modality embeddings stand before a text.
    head_layers, head_hidden : int
        Reconstruction head; 0 layers where the weights have none.
    """

    dim: int
    width: int
    heads: int
    hidden: int
    blocks: int
    temporal_layers: int
    channels: int
    samples: int
    patch: int
    conv_width: int
    tokens: int
    text_heads: int
    text_hidden: int
    text_layers: int
    context: int
    vocabulary: int
    decoder_heads: int
    decoder_hidden: int
    decoder_layers: int
    modalities: int
    prefix: int
    head_layers: int
    head_hidden: int


# Of SleepLM-Base, in the order of its modality embeddings.
MODALITIES = ("brain", "heart", "respiratory", "position_muscle", "stage_event")
SIZES = Sizes(
    dim=512, width=768, heads=12, hidden=2304, blocks=3, temporal_layers=1, channels=10, samples=1920, patch=16,
    conv_width=256, tokens=32, text_heads=12, text_hidden=3072, text_layers=12, context=256, vocabulary=49408,
    decoder_heads=12, decoder_hidden=3072, decoder_layers=12, modalities=5, prefix=2, head_layers=0, head_hidden=0,
)  # fmt: skip
# The checkpoint on the hub comes without a configuration. This is the published code's, but for `prefix_len` and
# `num_caption_channels`, which that code sets as it loads the checkpoint (1 and 12 stand in its configuration).
CONFIG = {
    "embed_dim": 512,
    "multimodal_cfg": {"width": 768, "context_length": 256, "mlp_ratio": 4, "layers": 12, "heads": 12},
    "biosignals_cfg": {
        "architecture": "pure_transformer", "input_channels": 10, "signal_length": 1920, "sampling_rate": 64,
        "patch_size": 16, "conv_embed_dim": 256, "num_temporal_layers": 1, "activation": "swiglu",
        "norm_type": "rmsnorm", "mlp_bias": False, "share_channel_rope": True, "transformer_layers": 3,
        "transformer_width": 768, "transformer_heads": 12, "mlp_ratio": 3.0, "pool_type": "attn", "dropout": 0.1,
        "decoder_tokens": 32,
    },
    "text_cfg": {
        "context_length": 256, "vocab_size": 49408, "layers": 12, "heads": 12, "width": 768, "embed_cls": True,
        "output_tokens": True,
    },
    "prefix_len": 2,
    "num_caption_channels": 5,
    "decoder_type": "cross_attention",
}  # fmt: skip


def read_sizes(shapes: Shapes, config: Mapping) -> Sizes:
    """The sizes that weights and their configuration agree on.

    Parameters
    ----------
    shapes : mapping of str to tuple of int
        Shape of each tensor, by its published name.
    config : mapping
        The configuration as published.

    Raises
    ------
    ModelError
        Names the tensor or the key of the configuration that is missing or contradicts the other.
    """
    stated = _Stated(shapes, config)
    for key, wanted in FIXED.items():
        if (found := stated.config(key)) not in (None, wanted):
            raise ModelError(f"the configuration's {key} is {_short(found)}, and only {wanted!r} can be computed")
    tower, text, decoder = "biosignals", "text", "text_decoder"
    width = stated.agreed(f"{tower}.embed_projection.weight", 2, 0, "biosignals_cfg.transformer_width")
    block = f"{tower}.transformer_blocks"
    text_blocks, decoder_blocks = f"{text}.transformer.resblocks", f"{decoder}.resblocks"
    head = any(name.startswith(HEAD) for name in shapes)
    if stated.config("use_signal_decoder") is True and not head:
        raise ModelError(f"the configuration speaks of a reconstruction head, and the weights lack {HEAD}*")
    for key in ("text_cfg.width", "multimodal_cfg.width"):
        stated.same(key, width, "the signal tower's width")
    sizes = Sizes(
        dim=stated.agreed(f"{tower}.proj_to_embed.weight", 2, 0, "embed_dim"),
        width=width,
        heads=_heads(stated, width),
        hidden=stated.hidden(f"{block}.0.channel_mlp", "gate_proj.w1", "down_proj", "biosignals_cfg.mlp_ratio"),
        blocks=stated.layers(block, "biosignals_cfg.transformer_layers"),
        temporal_layers=stated.layers(f"{block}.0.temporal_attention_layers", "biosignals_cfg.num_temporal_layers"),
        channels=stated.agreed(f"{tower}.channel_id_embed.weight", 2, 0, "biosignals_cfg.input_channels"),
        samples=stated.number("biosignals_cfg.signal_length"),
        patch=stated.agreed(f"{tower}.patching.conv_patching.weight", 3, 2, "biosignals_cfg.patch_size"),
        conv_width=stated.agreed(f"{tower}.patching.conv_patching.weight", 3, 0, "biosignals_cfg.conv_embed_dim"),
        tokens=stated.agreed(f"{tower}.decoder_pooler.query_tokens", 3, 1, "biosignals_cfg.decoder_tokens"),
        text_heads=stated.divisor("text_cfg.heads", width),
        text_hidden=stated.hidden(f"{text_blocks}.0.mlp", "c_fc", "c_proj", "text_cfg.mlp_ratio"),
        text_layers=stated.layers(text_blocks, "text_cfg.layers"),
        context=stated.agreed(f"{text}.positional_embedding", 2, 0, "text_cfg.context_length", less=1),
        vocabulary=stated.agreed(f"{text}.token_embedding.weight", 2, 0, "text_cfg.vocab_size"),
        decoder_heads=stated.divisor("multimodal_cfg.heads", width),
        decoder_hidden=stated.hidden(f"{decoder_blocks}.0.mlp", "c_fc", "c_proj", "multimodal_cfg.mlp_ratio"),
        decoder_layers=stated.layers(decoder_blocks, "multimodal_cfg.layers"),
        modalities=stated.agreed("channel_embeddings", 2, 0, "num_caption_channels"),
        prefix=stated.number("prefix_len"),
        head_layers=stated.layers(f"{HEAD}transformer.layers", None) if head else 0,
        head_hidden=stated.hidden(f"{HEAD}transformer.layers.0", "linear1", "linear2", None) if head else 0,
    )
    stated.same("multimodal_cfg.context_length", sizes.context, "the text tower's context")
    if sizes.samples % sizes.patch:
        raise ModelError("the configuration's biosignals_cfg.signal_length is no multiple of the patch")
    return sizes


def _heads(stated: "_Stated", width: int) -> int:
    """Heads of the signal tower: a rotation has one frequency for each pair of a head's numbers."""
    name = "biosignals.shared_channel_rope.freqs"
    pairs = stated.shape(name, 1)[0]
    if not pairs or width % (2 * pairs):
        raise ModelError(f"the tensor {name!r} has {pairs} frequencies, which fit no head of a width of {width}")
    heads = width // (2 * pairs)
    stated.same("biosignals_cfg.transformer_heads", heads, f"the heads that {name!r} speaks of")
    return heads


class _Stated:
    """What shapes and a configuration state, each value checked."""

    def __init__(self, shapes: Shapes, config: Mapping):
        if not isinstance(config, Mapping):
            raise ModelError("the network's configuration is no mapping of names to values")
        self._shapes, self._config = shapes, config

    def shape(self, name: str, dimensions: int) -> tuple[int, ...]:
        """Shape of a tensor that must be there and have so many dimensions."""
        if name not in self._shapes:
            raise ModelError(f"the weights lack {name!r}")
        shape = tuple(self._shapes[name])
        if len(shape) != dimensions or 0 in shape:
            raise ModelError(f"the tensor {name!r} has shape {list(shape)}, not {dimensions} dimensions")
        return shape

    def config(self, key: str) -> Any:
        """A value of the configuration, None where it has none."""
        value: Any = self._config
        for part in key.split("."):
            value = value.get(part) if isinstance(value, Mapping) else None
        return value

    def number(self, key: str, most: int = MOST) -> int:
        """A whole number that the configuration must state."""
        value = self.config(key)
        if type(value) is not int or not 1 <= value <= most:
            raise ModelError(f"the network's configuration needs a whole number from 1 to {most} for {key!r}")
        return value

    def divisor(self, key: str, width: int) -> int:
        """Heads, which must share the width evenly."""
        if width % (heads := self.number(key)):
            raise ModelError(f"the configuration's {key} is {heads}, which does not divide a width of {width}")
        return heads

    def same(self, key: str, found: int, what: str) -> None:
        """Refuse a configuration that states another number than was found."""
        if self.config(key) is not None and self.number(key) != found:
            raise ModelError(f"the configuration's {key} is {self.config(key)}, and {what} {found}")

    def agreed(self, name: str, dimensions: int, axis: int, key: str, less: int = 0) -> int:
        """A tensor's size along an axis, which the configuration must not contradict."""
        found = self.shape(name, dimensions)[axis] - less
        self.same(key, found, f"the tensor {name!r} has")
        return found

    def layers(self, prefix: str, key: str | None) -> int:
        """How many layers there are: as the configuration states, so that a tensor too many or few has a name."""
        if key is not None and self.config(key) is not None:
            return self.number(key, MOST_LAYERS)
        found = {m[1] for name in self._shapes if (m := re.match(rf"{re.escape(prefix)}\.(\d+)\.", name))}
        if not 1 <= len(found) <= MOST_LAYERS:
            raise ModelError(f"the weights have {len(found)} layers under {prefix!r}")
        return len(found)

    def hidden(self, mlp: str, up: str, down: str, key: str | None) -> int:
        """Hidden width of an MLP: its two layers must agree, and the configuration's ratio with them."""
        name = f"{mlp}.{up}.weight"
        (found, width), back = self.shape(name, 2), self.shape(f"{mlp}.{down}.weight", 2)[1]
        if found != back:
            raise ModelError(f"the tensor {name!r} has {found} rows, and '{mlp}.{down}.weight' {back} columns")
        ratio = None if key is None else self.config(key)
        if ratio is not None and (type(ratio) not in (int, float) or ratio * width != found):
            raise ModelError(
                f"the configuration's {key} is {_short(ratio)}, and the tensor {name!r} has {found} rows"
            )
        return found


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 40 else text[:40] + "..."
