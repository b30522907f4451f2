"""Losses that networks are trained by: pure functions of scores and of what is true."""

import torch
from torch import Tensor
from torch.nn import functional

from sleeplm.network.nano.decoder import PAD

_NEVER = -1e4  # a score that adds nothing to a logsumexp, and finite: minus infinity makes gradients NaN


def texts_to_epochs(scores: Tensor, true: Tensor, unknown: Tensor) -> Tensor:
    """Contrast of each text over the epochs of a batch, with any number of true epochs.

    Minus the logarithm of the share that true epochs take of all of an exponential of the scores, meaned over the
    texts that are true of some epoch and not of all (supervised contrast with the sum inside the logarithm,
    Khosla et al. 2020, L_in).

    Parameters
    ----------
    scores : Tensor
        ``[epochs, texts]``, cosine times scale.
    true, unknown : Tensor
        bool ``[epochs, texts]``; what is unknown counts on neither side.
    """
    everything = scores.masked_fill(unknown, _NEVER).logsumexp(0)
    found = scores.masked_fill(~true, _NEVER).logsumexp(0)
    useful = true.any(0) & ~(true | unknown).all(0)
    return (everything - found)[useful].sum() / useful.sum().clamp(min=1)


def epochs_to_texts(scores: Tensor, true: Tensor, unknown: Tensor) -> Tensor:
    """Contrast of each epoch over texts: every true text against all false ones, true ones not among themselves.

    Same arguments as `texts_to_epochs`; meaned over the true texts of an epoch, then over epochs that have some.
    """
    false = scores.masked_fill(true | unknown, _NEVER).logsumexp(1, keepdim=True)
    each = torch.logaddexp(scores, false) - scores
    counts = true.sum(1)
    of_epochs = (each * true).sum(1) / counts.clamp(min=1)
    return of_epochs.sum() / (counts > 0).sum().clamp(min=1)


def dense(logits: Tensor, true: Tensor, unknown: Tensor, true_weight: float = 3.0) -> Tensor:
    """Binary cross-entropy of each phrase at each second, summed over phrases, meaned over seconds.

    Parameters
    ----------
    logits, true : Tensor
        ``[epochs, 30, phrases]``, log-odds, and 1 where the phrase holds.
    unknown : Tensor
        bool ``[epochs, phrases]``.
    true_weight : float
        How much more a missed event costs than a false one; events are rare.
    """
    each = functional.binary_cross_entropy_with_logits(
        logits, true, reduction="none", pos_weight=logits.new_tensor(true_weight)
    )
    return (each * ~unknown[:, None, :]).sum(-1).mean()


def captioning(logits: Tensor, ids: Tensor) -> Tensor:
    """Cross-entropy of the next token.

    Parameters
    ----------
    logits : Tensor
        ``[batch, length - 1, vocabulary]``, of ``ids[:, 1:]``.
    ids : Tensor
        int64 ``[batch, length]``, from START on; padding counts for nothing.
    """
    return functional.cross_entropy(logits.flatten(0, 1), ids[:, 1:].flatten(), ignore_index=PAD)


def reconstruction(found: Tensor, wanted: Tensor, here: Tensor) -> Tensor:
    """Mean squared error over the recorded channels.

    Parameters
    ----------
    found, wanted : Tensor
        ``[batch, channels, seconds, n]``.
    here : Tensor
        bool ``[batch, channels]``, which were recorded.
    """
    error = (found - wanted).square().mean((-1, -2))
    return (error * here).sum() / here.sum().clamp(min=1)
