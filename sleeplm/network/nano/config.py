"""What the shape of a network is made of, as plain values that travel in JSON."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields

from sleeplm.errors import ModelError


@dataclass(frozen=True)
class NetworkConfig:
    """Sizes of a network; everything that its weights' shapes follow from.

    Attributes
    ----------
    name : str
        What the network is called.
    dim : int
        Size of the space shared by signals, time patches and text.
    width, layers, heads : int
        Signal tower.
    channel_width : int
        Hidden units for one channel in one patch, before the channels are mixed.
    tokens : int
        Pooled tokens that the caption decoder (and a language model's projector) reads.
    decoder_layers, decoder_heads : int
        Caption decoder, of the tower's width.
    vocabulary : int
        Tokens of the captions' tokenizer.
    caption_length : int
        Longest caption in tokens, start and end included.
    text_width : int
        Size of the frozen sentence encoder's embedding.
    """

    name: str = "sleeplm-nano"
    dim: int = 256
    width: int = 192
    layers: int = 3
    heads: int = 6
    channel_width: int = 48
    tokens: int = 16
    decoder_layers: int = 3
    decoder_heads: int = 6
    vocabulary: int = 1024
    caption_length: int = 112
    text_width: int = 384

    def as_dict(self) -> dict:
        """The configuration as JSON has it."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping) -> "NetworkConfig":
        """Read back what `as_dict` wrote; a key too many, or too few, is an error.

        Raises
        ------
        ModelError
            The keys or the kinds of value are not those of a configuration.
        """
        kinds = {f.name: f.type for f in fields(cls)}
        if not isinstance(values, Mapping) or set(values) != set(kinds):
            found = sorted(set(values) ^ set(kinds)) if isinstance(values, Mapping) else "no mapping"
            raise ModelError(f"the network's configuration does not have the expected keys: {found}")
        for key, kind in kinds.items():
            good = type(values[key]) is kind and (kind is not int or values[key] > 0)
            if not good:
                raise ModelError(f"the network's configuration has a wrong value for {key!r}")
        return cls(**values)
