"""SleepLM-Base as it is published: its configuration, and what its numbers stand for."""

from sleeplm.network.published.sizes import Sizes

CHECKPOINT = "model_checkpoint.pt"
# Order of its modality embeddings.
MODALITIES = ("brain", "heart", "respiratory", "position_muscle", "stage_event")
SIZES = Sizes(
    dim=512, width=768, heads=12, hidden=2304, blocks=3, temporal_layers=1, channels=10, samples=1920, patch=16,
    conv_width=256, tokens=32, text_heads=12, text_hidden=3072, text_layers=12, context=256, vocabulary=49408,
    decoder_heads=12, decoder_hidden=3072, decoder_layers=12, modalities=5, prefix=2, head_layers=0, head_hidden=0,
)  # fmt: skip
# The file on the hub comes without one. As in the published code, but for `prefix_len` and `num_caption_channels`,
# which that code sets as it loads the file (1 and 12 stand in its configuration).
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
