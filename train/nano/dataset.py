"""Some nights of a corpus in memory, and batches drawn from them: one follows from the seed and the step alone."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer

from sleeplm.captions import training_phrases
from sleeplm.kinds.channels import FACETS, POSITIONS
from sleeplm.kinds.stages import STAGES
from sleeplm.network.nano.decoder import PAD
from sleeplm.network.nano.preparation import PATCHES
from sleeplm.network.nano.sentences import Parts
from sleeplm.network.nano.tokenizer import framed
from train.corpus.held_out import named_in
from train.corpus.night import Row, TrainingNight, rows_of, sameness
from train.corpus.paraphrases import PARAPHRASES
from train.nano.text_embeddings import TextEmbeddings

_FACETS_A_TEXT = (1, 2, 3, 5, 5)  # in a caption of the contrast, each as likely
_RARE_SHARE = 6  # one in so many epochs of a batch is drawn by a phrase
_PARAPHRASED = 0.6  # share of phrases that are read in another wording than their own, where there is one
_MIN_OVERLAP_S = 0.3  # of a phrase's span with a second, for the phrase to hold there
_STAGES: tuple[dict, ...] = tuple({"stage_event": {"stage": str(stage), "events": []}} for stage in STAGES)
_POSITIONS: tuple[dict, ...] = tuple(
    {"somatic": {"position": position}} for position in POSITIONS.values() if position != "unknown"
)
# Heart rates and saturations that lie well on either side of where the phrases change.
_HEARTS = tuple({"cardiac": {"hr_mean_bpm": bpm}} for bpm in (40, 70, 110))
_OXYGEN = tuple({"cardiac": {"spo2_min_pct": pct}} for pct in (85, 97))
EITHER = (_STAGES, _POSITIONS, _HEARTS, _OXYGEN)  # of each, an epoch has one
_JOINS = ("{}, {}", "{} with {}", "{} and {}", "{}; {}")


@dataclass(frozen=True)
class Batch:
    """What one step of training reads, as arrays.

    Attributes
    ----------
    signals, present
        ``[batch, 14, 1920]`` and the channels that the subset has, ``[batch, 14]``.
    recorded
        Channels that the night has, of which reconstruction may ask.
    true, unknown
        bool ``[batch, phrases + pairs]``.
    texts
        The phrases, each in one of its wordings, and the pairs.
    targets
        Whether a phrase holds in each second, float32 ``[batch, 30, phrases]``; `targets_unknown` bool
        ``[batch, phrases]``.
    caption_true, caption_texts
        bool ``[batch, captions]``, whether a caption of the contrast is true of an epoch; and these captions.
    answers
        Of several things that exclude one another, which one an epoch has, -1 where it is not known: int
        ``[batch, things]``, in the order of `EITHER`.
    answer_phrases
        For each of these things one phrase of each answer, as rows of `texts`: int ``[things, answers]``; -1 where
        it has fewer answers, and for all of them where one has no phrase.
    exact
        bool ``[batch]``, epochs whose captions give numbers: amplitudes there must stay as they are.
    decoded_rows, decoded_facets, decoded_ids
        The captions that the decoder learns: of which of the batch's epochs, of what, in which tokens, the shortest
        first.
    """

    signals: np.ndarray
    present: np.ndarray
    recorded: np.ndarray
    true: np.ndarray
    unknown: np.ndarray
    texts: Parts
    targets: np.ndarray
    targets_unknown: np.ndarray
    caption_true: np.ndarray
    caption_texts: Parts
    answers: np.ndarray
    answer_phrases: np.ndarray
    exact: np.ndarray
    decoded_rows: np.ndarray
    decoded_facets: np.ndarray
    decoded_ids: np.ndarray


class InMemoryDataset:
    """The rows of some nights as arrays.

    Parameters
    ----------
    nights : sequence of TrainingNight
    captions, sentences : int
        How many captions there are for the contrast, and how many different sentences of them are embedded; the
        sentence encoder is the slow part.
    pairs : int
        How many pairs of phrases that occur together are embedded.
    seed : int
    cache : Path, optional
        Folder where sentence embeddings are kept between runs.
    """

    def __init__(
        self,
        nights: Sequence[TrainingNight],
        captions: int,
        pairs: int,
        seed: int,
        sentences: int = 10_000,
        cache: Path | None = None,
    ):
        rng = np.random.default_rng(seed)
        loaded = rows_of(nights)
        rows = [row for night in loaded for row in night]
        self.signals = [night.signals for night in nights]
        self.night = np.repeat(np.arange(len(nights)), [len(r) for r in loaded])
        self.epoch = np.array([row.epoch for row in rows])
        self.present = np.array([row.present for row in rows])
        self.recorded = np.concatenate([_recorded(r) for r in loaded])
        self.phrases = sorted({p for row in rows for p in row.phrases})
        self._index_phrases(rows)
        self.captions = [row.captions for row in rows]
        self.templates = [row.templates for row in rows]
        self.same = sameness(rows)
        self._draw_pairs(pairs, rng)
        rendered = self._draw_captions(captions, rng)
        self._embed(rendered, sentences, cache)

    def __len__(self) -> int:
        return len(self.epoch)

    def _index_phrases(self, rows: Sequence[Row]) -> None:
        number = {p: i for i, p in enumerate(self.phrases)}
        self.true = np.zeros((len(rows), len(number)), dtype=bool)
        self.unknown = np.zeros_like(self.true)
        self.spans: list[list[tuple[float, float, int]]] = []
        for r, row in enumerate(rows):
            self.true[r, [number[p] for p in row.phrases]] = True
            self.unknown[r, [number[p] for p in row.unknown if p in number]] = True
            self.spans.append([(a, b, number[p]) for a, b, p in row.spans])
        timed = {i for spans in self.spans for _, _, i in spans}
        self.timed = np.array([i in timed for i in range(len(number))])
        self.having = [np.flatnonzero(rows) for rows in self.true.T]
        self.lasting = np.isin(self.phrases, list(_lasting())) & ~self.timed
        self.either = [[[number[p] for p in phrases if p in number] for phrases in _own_phrases(t)] for t in EITHER]
        self.answers = np.stack([self._answers(own) for own in self.either], axis=1)

    def _answers(self, own: Sequence[list[int]]) -> np.ndarray:
        """The answer that a phrase of its own is true of, int ``[rows]``; -1 where of none, or of several."""
        true = np.stack([self.true[:, phrases].any(1) for phrases in own], axis=1)
        return np.where(true.sum(1) == 1, true.argmax(1), -1)

    def _draw_pairs(self, pairs: int, rng: np.random.Generator) -> None:
        """Pairs of phrases true of one row, the rarer the likelier."""
        weight = 1 / np.sqrt(self.true.sum(0) + 10)
        drawn = []
        for r in rng.integers(len(self), size=pairs):
            there = np.flatnonzero(self.true[r])
            if len(there) >= 2:
                p = weight[there] / weight[there].sum()
                drawn.append(rng.choice(there, 2, replace=False, p=p))
        self.pairs = np.array(drawn, dtype=int).reshape(-1, 2)
        joins = rng.choice(_JOINS, size=len(drawn))
        self.pair_texts = [
            j.format(self.phrases[a], self.phrases[b]) for j, (a, b) in zip(joins, self.pairs, strict=True)
        ]

    def _draw_captions(self, captions: int, rng: np.random.Generator) -> list[str]:
        """Captions for the contrast: of one facet or of several in a row, each with its facets."""
        with_captions = np.flatnonzero([bool(c) for c in self.captions])
        self.rendered_rows = rng.choice(with_captions, size=captions) if len(with_captions) else np.zeros(0, int)
        self.rendered_facets = np.zeros((len(self.rendered_rows), len(FACETS)), dtype=bool)
        rendered = []
        for i, r in enumerate(self.rendered_rows):
            there = [f for f in FACETS if f in self.captions[r]]
            n = min(int(rng.choice(_FACETS_A_TEXT)), len(there))
            chosen = [there[j] for j in sorted(rng.permutation(len(there))[:n])]
            self.rendered_facets[i] = [f in chosen for f in FACETS]
            rendered.append(" ".join(str(rng.choice(self.captions[r][f])) for f in chosen))
        return rendered

    def _embed(self, rendered: list[str], sentences: int, cache: Path | None) -> None:
        """All texts in one place: all wordings of phrases, then pairs, then captions, some of which are empty."""
        wordings = [paraphrases_of(phrase) for phrase in self.phrases]
        flat = [wording for those in wordings for wording in those]
        self.texts = TextEmbeddings([*flat, *self.pair_texts], rendered, sentences, cache)
        self.wordings_n = np.array([len(those) for those in wordings], dtype=int)
        self.first_wording = np.cumsum(self.wordings_n) - self.wordings_n
        self.first_pair = len(flat)
        self.first_rendered = self.first_pair + len(self.pair_texts)
        self.contrasted = np.flatnonzero(~self.texts.empty[self.first_rendered :])

    def read(self, rows: np.ndarray) -> np.ndarray:
        """Signals of rows, all that the night has: float32 ``[rows, 14, 1920]``."""
        half = np.stack([self.signals[self.night[r]][self.epoch[r]] for r in rows])
        return torch.from_numpy(half).float().numpy()  # NumPy converts float16 one by one

    def targets(self, rows: np.ndarray) -> np.ndarray:
        """Whether each phrase holds in each second, float32 ``[rows, 30, phrases]``."""
        out = np.zeros((len(rows), PATCHES, len(self.phrases)), dtype=np.float32)
        out[:, :, self.lasting] = self.true[rows][:, None, self.lasting]
        for i, r in enumerate(rows):
            for start_s, end_s, phrase in self.spans[r]:
                first, last = max(int(start_s), 0), min(int(np.ceil(end_s)), PATCHES)
                for second in range(first, last):
                    overlap = min(end_s, second + 1) - max(start_s, second)
                    if overlap >= min(_MIN_OVERLAP_S, end_s - start_s):
                        out[i, second, phrase] = 1
        return out

    def batch(self, size: int, tokenizer: Tokenizer, length: int, seed: int, step: int) -> Batch:
        """The batch of one step; half of its epochs have an embedded caption, some were drawn by a phrase."""
        rng = np.random.default_rng([seed, step])
        rendered = rng.choice(self.contrasted, size // 2, replace=False)
        rare = self._by_phrase(size // _RARE_SHARE, rng)
        others = rng.choice(len(self), size - len(rendered) - len(rare))
        rows = np.concatenate((self.rendered_rows[rendered], rare, others))
        pairs = rng.choice(len(self.pairs), min(64, len(self.pairs)), replace=False)
        (a, b), true, unknown = self.pairs[pairs].T, self.true[rows], self.unknown[rows]
        either = true | unknown
        both, may_be = true[:, a] & true[:, b], either[:, a] & either[:, b]
        exact = np.arange(size) < len(rendered)
        targets = self.targets(rows)
        nowhere = true & self.timed & ~targets.any(1)  # true of the epoch, by a rule that knows no time
        decoded_rows, facets, ids = self._decoded(rows, len(rendered), rng, tokenizer, length)
        return Batch(
            signals=self.read(rows),
            present=self.present[rows],
            recorded=self.recorded[rows],
            true=np.concatenate((true, both), axis=1),
            unknown=np.concatenate((unknown, may_be & ~both), axis=1),
            texts=self.texts.parts(np.concatenate((self._drawn_wordings(rng), self.first_pair + pairs))),
            targets=targets,
            targets_unknown=unknown | nowhere | ~(self.timed | self.lasting),
            caption_true=self._caption_true(rendered, rows),
            caption_texts=self.texts.parts(self.first_rendered + rendered),
            answers=self.answers[rows],
            answer_phrases=self._answer_phrases(rng),
            exact=exact,
            decoded_rows=decoded_rows,
            decoded_facets=facets,
            decoded_ids=ids,
        )

    def _by_phrase(self, count: int, rng: np.random.Generator) -> np.ndarray:
        """Rows of which a phrase is true, every phrase as likely: what is rare is to be learned too."""
        chosen = rng.integers(len(self.having), size=count)
        return np.array([rng.choice(self.having[i]) for i in chosen], dtype=int)

    def _drawn_wordings(self, rng: np.random.Generator) -> np.ndarray:
        """For each phrase one of its wordings, more often another than its own: what it means is to be known."""
        other = rng.integers(1, np.maximum(self.wordings_n, 2))
        chosen = np.where((rng.random(len(other)) < _PARAPHRASED) & (self.wordings_n > 1), other, 0)
        return self.first_wording + chosen

    def _answer_phrases(self, rng: np.random.Generator) -> np.ndarray:
        out = np.full((len(self.either), max(map(len, self.either))), -1)
        for row, own in zip(out, self.either, strict=True):
            if all(own):
                row[: len(own)] = [rng.choice(phrases) for phrases in own]
        return out

    def _caption_true(self, rendered: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """Whether captions state what was measured in `rows`: the same in every facet that they describe."""
        equal = self.same[rows][:, None, :] == self.same[self.rendered_rows[rendered]][None, :, :]
        return (equal | ~self.rendered_facets[rendered][None, :, :]).all(-1)

    def _decoded(
        self, rows: np.ndarray, rendered: int, rng: np.random.Generator, tokenizer: Tokenizer, length: int
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Most of the `rendered` first rows, each with one facet as a caption."""
        chosen = rng.permutation(rendered)[: -(-len(rows) // 3)]
        facets = [rng.choice([f for f in FACETS if f in self.templates[rows[i]]]) for i in chosen]
        ids = [
            framed(tokenizer, str(rng.choice(self.templates[rows[i]][f])), length)
            for i, f in zip(chosen, facets, strict=True)
        ]
        order = sorted(range(len(ids)), key=lambda i: len(ids[i]))
        padded = np.full((len(ids), len(ids[order[-1]])), PAD)
        for row, i in zip(padded, order, strict=True):
            row[: len(ids[i])] = ids[i]
        return chosen[order], np.array([FACETS.index(facets[i]) for i in order]), padded


def _recorded(rows: Sequence[Row]) -> np.ndarray:
    """For each row the channels that any subset of its epoch has, bool ``[rows, 14]``."""
    by_epoch: dict[int, np.ndarray] = {}
    for row in rows:
        by_epoch[row.epoch] = by_epoch.get(row.epoch, False) | np.array(row.present)
    return np.array([by_epoch[row.epoch] for row in rows])


def paraphrases_of(phrase: str) -> list[str]:
    """A phrase, then its paraphrases; of a phrase that names none of `train.corpus.held_out`, none that does."""
    others = PARAPHRASES.get(phrase, ())
    return [phrase, *(w for w in others if named_in(phrase) or not named_in(w))]


def _own_phrases(things: Sequence[dict]) -> list[list[str]]:
    """For each of some attributes the phrases that no other has: "asleep" tells no stage from another."""
    phrases = [training_phrases(attributes) for attributes in things]
    counts = Counter(p for those in phrases for p in those)
    return [[p for p in those if counts[p] == 1] for those in phrases]


def _lasting() -> set[str]:
    """Phrases that hold for a whole epoch: stages and positions."""
    return {p for attributes in (*_STAGES, *_POSITIONS) for p in training_phrases(attributes)}
