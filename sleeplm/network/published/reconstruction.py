"""The reconstruction head, by which the network was trained beside its captions."""

from torch import Tensor, nn

from sleeplm.network.published.sizes import Sizes


class ReconstructionHead(nn.Module):
    """Pooled tokens back to the signals of their epoch."""

    def __init__(self, sizes: Sizes):
        super().__init__()
        width = sizes.width
        self.shape = (sizes.channels, sizes.samples)
        layer = nn.TransformerEncoderLayer(
            width, sizes.heads, sizes.head_hidden, dropout=0.0, batch_first=True, norm_first=True
        )
        self.transformer = nn.TransformerEncoder(layer, sizes.head_layers, enable_nested_tensor=False)
        self.to_signal = nn.Sequential(
            nn.Linear(width, width // 2), nn.ReLU(), nn.Linear(width // 2, sizes.channels * sizes.samples)
        )

    def forward(self, tokens: Tensor) -> Tensor:
        """``[batch, tokens, width]`` to ``[batch, channels, samples]``."""
        pooled = self.transformer(tokens.to(self.to_signal[0].weight.dtype)).mean(1)
        return self.to_signal(pooled).unflatten(-1, self.shape).float()
