"""Tools over the shared space of signals and text: what is like an epoch, like a phrase, and how an epoch reads."""

from collections.abc import Sequence

import numpy as np

from assistant.evidence import Context, Evidence, absence, statement
from assistant.timeline import span, stage_sequence
from assistant.tools.passage import _no_such_epoch, describe_epoch
from assistant.topics import missing_topics
from sleeplm.errors import ModelError
from sleeplm.intervals import epoch_ranges
from sleeplm.kinds.stages import STAGE_NAMES, Stage
from sleeplm.network.encoder import require_dense
from sleeplm.night import Fact

TOP_SHARE = 0.05  # the share of the night's epochs that count as like a given one
MIN_TOP = 5
NEIGHBOURS = 10  # epochs on either side that are alike only because they are near
MAX_SPANS = 3
READ_FROM = (("C3", "C4"), ("EOG_L", "EOG_R"), ("EMG_CHIN",))  # what all epochs had that reading was trained on
LEAST = 4  # epochs that make a stretch rather than a moment
MAX_GAP = 2  # epochs less alike that do not break a stretch


def similar(context: Context, number: str) -> Evidence:
    """Stretches whose signals are most like those of an epoch, five minutes around it left out."""
    study, n = context.study, int(number)
    if not 1 <= n <= study.n_epochs:
        return Evidence(declined=_no_such_epoch(study, n))
    likeness = np.asarray(study.embeddings, dtype=np.float32) @ np.asarray(
        study.embeddings[n - 1], dtype=np.float32
    )
    spans = alike(likeness, n)
    if not spans:
        return Evidence(declined=f"The recording is too short to compare epoch {n} with others.")
    scoring = study.scoring
    source, scored = "SleepLM embeddings", scoring.hypnogram_source is not None
    found: list[Fact] = []
    for rank, (first, last) in enumerate(spans, start=1):
        words = f"{span(study, first, last)}, mean similarity {likeness[first - 1 : last].mean():.2f}"
        if scored:
            words += f", scored {stage_sequence(scoring.hypnogram, first, last)}"
        found.append(statement(f"span_{rank}", f"stretch like epoch {n}", words, [(first, last)], source=source))
    if scored:
        words = f"epoch {n} itself is scored {STAGE_NAMES[Stage(scoring.hypnogram[n - 1])]}"
        found.append(statement(f"epoch_{n}", f"epoch {n}", words, [(n, n)], source=scoring.hypnogram_source))
    return Evidence(tuple(found))


def alike(likeness: np.ndarray, number: int) -> list[tuple[int, int]]:
    """Fold the epochs most like one into ranges, the most alike first.

    Parameters
    ----------
    likeness : ndarray, float ``[epochs]``
        Cosine similarity of every epoch with epoch `number`.
    number : int
        From 1; it and `NEIGHBOURS` epochs on either side are left out.

    Returns
    -------
    list of (int, int)
        First and last epoch of at most `MAX_SPANS` stretches: those with the most similarity above the threshold,
        summed, so that a long stretch that is alike throughout comes before a single epoch; the most similar on
        average first.
    """
    order = np.arange(1, len(likeness) + 1)
    eligible = np.abs(order - number) > NEIGHBOURS
    if not eligible.any():
        return []
    count = min(max(MIN_TOP, round(TOP_SHARE * eligible.sum())), int(eligible.sum()))
    threshold = np.sort(likeness[eligible])[-count]
    spans = _joined(epoch_ranges(order[eligible & (likeness >= threshold)]))
    spans = [s for s in spans if s[1] - s[0] + 1 >= LEAST] or spans
    return sorted(spans, key=lambda s: (-float(likeness[s[0] - 1 : s[1]].mean()), s))[:MAX_SPANS]


def _joined(spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    joined: list[tuple[int, int]] = []
    for first, last in spans:
        if joined and first - joined[-1][1] <= MAX_GAP + 1:
            joined[-1] = (joined[-1][0], last)
        else:
            joined.append((first, last))
    return joined


def find(context: Context, phrase: str) -> Evidence:
    """Where the signals look most like a phrase; a likeness found by the network, not a scored event."""
    study = context.study
    missing = missing_topics(phrase, study.channels)
    if missing:
        return Evidence((absence("found", phrase, " ".join(t.modality.absent for t in missing)),))
    if not study.patches.shape[1]:
        why = f"{study.model['name']}, which embedded this night, has no embeddings dense in time."
        return Evidence(declined=f"“{phrase}” cannot be looked for in the signals: {why}")
    try:
        encoder = context.encoder
    except ModelError as error:
        return Evidence(declined=f"“{phrase}” cannot be looked for in the signals: {error}.")
    _, spans = require_dense(encoder).localize(phrase, np.asarray(study.patches))
    if not spans:
        return Evidence(declined=f"Nothing in the signals stands out as “{phrase}”.")
    found = []
    for rank, (start_s, end_s, score) in enumerate(spans[:MAX_SPANS], start=1):
        first, last = int(start_s // 30) + 1, max(int(start_s // 30) + 1, int(-(-end_s // 30)))
        last = min(last, study.n_epochs)
        words = f"{span(study, first, last)}, score {score:.2f}"
        found.append(
            statement(f"span_{rank}", f"like “{phrase}”", words, [(first, last)], source="SleepLM embeddings")
        )
    return Evidence(tuple(found))


def look(context: Context, number: str) -> Evidence:
    """Describe an epoch, and beside it what the language model reads from the signal itself."""
    study, n = context.study, int(number)
    if not 1 <= n <= study.n_epochs:
        return Evidence(declined=_no_such_epoch(study, n))
    found = describe_epoch(study, n)
    why = _why_unread(context)
    if why:
        found.append(absence(f"reading_{n}", f"reading of epoch {n}", why))
    else:
        reading = context.read_epoch(n)
        words = f"to the network the signal itself looks like {reading}, without having seen the scoring"
        found.append(statement(f"reading_{n}", f"reading of epoch {n}", words, [(n, n)], source="SleepLM tokens"))
    return Evidence(tuple(found))


def _why_unread(context: Context) -> str | None:
    if context.read_epoch is None:
        return (
            "The language model in use cannot read this signal: it has no projector for "
            f"{context.study.model['name']}, which embedded this night."
        )
    if not all(any(c in context.study.channels for c in group) for group in READ_FROM):
        return (
            "The network reads a signal only from EEG, eye movements and chin EMG together, as it was trained to."
        )
    return None
