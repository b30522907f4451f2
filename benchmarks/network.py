"""Our own small network; and the released one at its size: encoding beside the machine's matrix rate, captioning.

The released weights are random (the published ones need a network), which changes no amount of work. Their rates
are measured between two measurements of the matrix rate in the same process, and compared with their mean, so that
what else the machine does weighs on both alike; medians of rounds are given. With one thread (`OMP_NUM_THREADS=1`)
the clock is the process's own time, which stands still while other programs run, so a busy machine can be measured.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from statistics import median

import torch
from torch.nn import functional
from torch.utils.flop_counter import FlopCounterMode, sdpa_flop_count

from benchmarks.network_nano import nano_figures
from benchmarks.report import Figure, peak_memory_mb, run
from sleeplm.network.published import PublishedNetwork
from sleeplm.network.published.sizes import MODALITIES, SIZES

ROUNDS = 7
EPOCHS = {"cpu": 4, "cuda": 256}  # encoded at a time
CAPTIONED = {"cpu": 8, "cuda": 64}  # epochs captioned at a time, in every facet
TOKENS = 64
MATRICES = ((2048, 2048, 2048), (4800, 768, 2304))  # rows, inner, columns; the faster of the two counts
# As measured with the published code on two cores, in fp32, its beam search and its top-k sampling.
PUBLISHED_EPOCHS_S, PUBLISHED_CAPTION_S, PUBLISHED_TOP_K_S = (1.0, 1.4), 28.6, 13.5
_NAMES = {torch.float32: "fp32", torch.bfloat16: "bf16"}


@dataclass(frozen=True)
class Encoding:
    """Epochs encoded in rounds, and the matrix rate around each round."""

    epochs_per_s: list[float]
    flop_per_s: list[float]

    def share(self, flop: float) -> float:
        """Of the matrix rate, median over rounds, at so many operations an epoch."""
        pairs = zip(self.epochs_per_s, self.flop_per_s, strict=True)
        return median(epochs * flop / rate for epochs, rate in pairs)


def measure() -> list[Figure]:
    """All figures for the processor, and for a GPU where there is one."""
    torch.manual_seed(0)
    torch.set_grad_enabled(False)
    figures = nano_figures()
    network = PublishedNetwork(SIZES).eval().requires_grad_(False)
    figures += _on("cpu", network)
    if torch.cuda.is_available():
        network = PublishedNetwork(SIZES).eval().requires_grad_(False).cuda()
        figures += _on("cuda", network)
    return [*figures, Figure("peak memory", peak_memory_mb(), "MB", "of the process, both networks")]


def _on(device: str, network: PublishedNetwork) -> list[Figure]:
    threads = torch.get_num_threads()
    where = torch.cuda.get_device_name() if device == "cuda" else f"{threads} threads"
    if device == "cpu" and threads == 1:
        where = "1 thread, its own time"
    signals = torch.randn(EPOCHS[device], SIZES.channels, SIZES.samples, device=device)
    few = signals[: EPOCHS["cpu"]]
    flop, done = published_flop(), _flop_done(network, few)
    figures = [
        Figure("work of an epoch, as published", flop / 1e9, "GFLOP", "counted from the layers' sizes"),
        Figure("work of an epoch, as done here", done / 1e9, "GFLOP", "counted as it runs; poolers rearranged"),
    ]
    exact = network.embed_signals(few).float()
    for kind in (torch.float32, torch.bfloat16):
        if kind == torch.bfloat16:
            network.to_bfloat16()
            figures += _closeness(exact, network.embed_signals(few).float())
        encoding = _encode(network, signals, kind)
        figures += _encoding_figures(_NAMES[kind], encoding, flop, done, f"{where}, {len(signals)} at a time")
        figures += _captioning(network, _NAMES[kind], where, device)
    return figures


def published_flop() -> float:
    """Operations of the published signal tower for an epoch, two for each multiplication with its addition."""
    s = SIZES
    width, patches = s.width, s.samples // s.patch
    tokens = s.channels * patches
    layer = 4 * width**2 + 3 * width * s.hidden  # weights of an attention and its MLP
    across = {"channels": s.channels, "patches": patches}  # keys that each token sees
    blocks = s.blocks * (
        tokens * layer * (1 + s.temporal_layers)
        + tokens * 2 * width * (across["channels"] + s.temporal_layers * across["patches"])
    )
    patching = tokens * (s.patch * s.conv_width + s.conv_width * width)
    queries = s.tokens + 1
    poolers = 2 * 2 * tokens * width**2 + 2 * queries * width**2 + 2 * queries * tokens * width
    return 2.0 * (blocks + patching + poolers)


def _flop_done(network: PublishedNetwork, signals: torch.Tensor) -> float:
    def attention(queries, keys, values, *_, **__):
        return sdpa_flop_count(queries, keys, values)

    on_cpu = torch.ops.aten._scaled_dot_product_flash_attention_for_cpu  # which the counter does not know
    with FlopCounterMode(display=False, custom_mapping={on_cpu: attention}) as counter:
        network.embed_signals(signals)
    return counter.get_total_flops() / len(signals)


def _closeness(exact: torch.Tensor, found: torch.Tensor) -> list[Figure]:
    mean = exact.mean(0)
    cosine = functional.cosine_similarity(exact, found).min()
    apart = functional.cosine_similarity(exact - mean, found - mean).min()
    return [
        Figure("bf16 embedding beside fp32", float(cosine), "cosine", f"least of {len(exact)} epochs"),
        Figure("  of what tells epochs apart", float(apart), "cosine", "their mean taken out"),
    ]


def _encode(network: PublishedNetwork, signals: torch.Tensor, kind: torch.dtype) -> Encoding:
    def encode():
        network.embed_signals(signals)

    encode()
    rates, speeds = [_matrix_rate(signals.device, kind)], []
    for _ in range(ROUNDS):
        speeds.append(len(signals) / _seconds(encode, signals.device))
        rates.append(_matrix_rate(signals.device, kind))
    return Encoding(speeds, [(before + after) / 2 for before, after in pairwise(rates)])


def _encoding_figures(kind: str, found: Encoding, flop: float, done: float, where: str) -> list[Figure]:
    rounds = f"median of {ROUNDS} rounds"
    least, most = PUBLISHED_EPOCHS_S
    beside = f"{where}; published code on 2 cores {least} to {most}"
    return [
        Figure(f"matrix rate, {kind}", median(found.flop_per_s) / 1e9, "GFLOP/s", f"{where}, {rounds}"),
        Figure(f"encoding, {kind}", median(found.epochs_per_s), "epochs/s", beside),
        Figure("  share of the matrix rate", 100 * found.share(flop), "%", f"at the work as published, {rounds}"),
        Figure("  share, of the work done", 100 * found.share(done), "%", f"at the work as done, {rounds}"),
    ]


def _captioning(network: PublishedNetwork, kind: str, where: str, device: str) -> list[Figure]:
    figures = []
    facets = len(MODALITIES)
    for epochs, each in ((1, 1), (1, facets), (CAPTIONED[device], facets)):
        signals = torch.randn(epochs, SIZES.channels, SIZES.samples, device=device)
        prefix = torch.tensor([[i % each, -1] for i in range(epochs * each)], device=device)
        which = torch.arange(epochs * each, device=device) // each

        def caption(signals=signals, prefix=prefix, which=which):
            network.generate_from(network.signal_tokens(signals), prefix, TOKENS, TOKENS, which)

        seconds = _seconds(caption, signals.device) / len(prefix)
        what = f"{epochs} epoch{'s' * (epochs > 1)} x {each} facet{'s' * (each > 1)}"
        figures += [
            Figure(f"a {TOKENS}-token caption, {kind}, {what}", seconds, "s", f"{where}, encoding included"),
            Figure(
                "  faster than the published beam search", PUBLISHED_CAPTION_S / seconds, "x", "28.6 s on 2 cores"
            ),
            Figure("  faster than the published top-k", PUBLISHED_TOP_K_S / seconds, "x", "13.5 s on 2 cores"),
            Figure("  tokens", (TOKENS - 1) / seconds, "tokens/s"),
        ]
    return figures


def _matrix_rate(device: torch.device, kind: torch.dtype) -> float:
    """Operations a second of the largest plain matrix products, the best of a few."""
    best = 0.0
    for rows, inner, columns in MATRICES:
        scale = 1 if device.type == "cpu" else 4
        x = torch.randn(scale * rows, inner, device=device, dtype=kind)
        weight = torch.randn(columns, inner, device=device, dtype=kind)
        seconds = min(_seconds(partial(functional.linear, x, weight), device) for _ in range(4))
        best = max(best, 2 * scale * rows * inner * columns / seconds)
    return best


def _seconds(work: Callable[[], object], device: torch.device) -> float:
    if device.type == "cuda":
        torch.cuda.synchronize()
    clock = time.process_time if device.type == "cpu" and torch.get_num_threads() == 1 else time.perf_counter
    began = clock()
    work()
    if device.type == "cuda":
        torch.cuda.synchronize()
    return clock() - began


if __name__ == "__main__":
    run("network", measure)
