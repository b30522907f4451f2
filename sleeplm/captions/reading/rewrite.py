"""Captions in a language model's own words, kept only where every claim survives.

The model is anything that turns texts into paraphrases: a function, or a causal language model of transformers in
`Paraphraser`. What it writes is read back (`reading.claims`); what claims anything less, more or else than our own
text is thrown away, and our own words stay.
"""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace

from sleeplm.captions.caption import Caption
from sleeplm.captions.reading.claims import read_back
from sleeplm.captions.text.templates import Claim

REWRITTEN = "rewritten"  # the source of a caption that a model has put in other words
_BATCH = 16  # texts that are generated together
_MAX_LONGER = 1.5  # times the tokens of the text, and a few: more is a story
_INSTRUCTION = (
    "Say the text of the user in other words, in plain English. Keep every number, unit, time, name and finding "
    "exactly as it is. Add nothing, leave nothing out, and answer with the new text alone."
)
_EXAMPLES = (
    (
        "Heart rate 62 bpm, stable. SpO2 96% and steady.",
        "A stable heart rate of 62 bpm; the SpO2 is steady at 96%.",
    ),
    (
        "N2 sleep with an arousal from 3 to 9.5 s. No leg movements.",
        "An epoch of N2 sleep, with an arousal between 3 and 9.5 s and no leg movements.",
    ),
)
_SENTENCE_END = re.compile(r"(?<=\.) (?=[A-Z0-9])")
Generate = Callable[[Sequence[str]], Sequence[str]]


def rewrite(
    captions: Sequence[dict[str, Caption]], generate: Generate
) -> tuple[list[dict[str, Caption]], Counter[str]]:
    """Put captions in other words where nothing of what they claim is lost.

    A caption is given to the model sentence by sentence: a small model that fails at one of them may do well at
    the others. Those that claim the same replace ours, and the whole is read back once more.

    Parameters
    ----------
    captions : sequence of dict of str to Caption
        By epoch, then facet, as `render_captions` gives them.
    generate : callable
        From sentences to as many paraphrases, in their order.

    Returns
    -------
    captions : list of dict of str to Caption
        Those rewritten have the source `REWRITTEN`; the others are as they were.
    counts : Counter
        How many captions were ``kept``: rewritten in one sentence or more. And of those that were not, what became
        of their first sentence: ``unchanged`` (the same text), ``empty``, ``changed`` (something is claimed
        otherwise), ``dropped`` (something is missing), ``added``.
    """
    places = [(e, facet) for e, row in enumerate(captions) for facet in row]
    sentences = [_SENTENCE_END.split(captions[e][facet].text) for e, facet in places]
    asked = [s for some in sentences for s in some]
    written = list(generate(asked)) if asked else []
    if len(written) != len(asked):
        raise ValueError(f"{len(asked)} texts gave {len(written)} paraphrases")
    out = [dict(row) for row in captions]
    counts: Counter[str] = Counter()
    answers = iter(written)
    for (e, facet), ours in zip(places, sentences, strict=True):
        caption = captions[e][facet]
        text, outcome = _together(ours, [" ".join(next(answers).split()) for _ in ours], facet)
        if outcome == "kept":
            outcome = outcome_of(caption, text, facet)
        counts[outcome] += 1
        if outcome == "kept":
            out[e][facet] = replace(caption, text=text, source=REWRITTEN)
    return out, counts


def _together(ours: Sequence[str], theirs: Sequence[str], facet: str) -> tuple[str, str]:
    """A caption of those sentences of a model that claim the same as ours, and ours elsewhere; and the outcome."""
    outcomes = [outcome_of(Caption(a), b, facet) for a, b in zip(ours, theirs, strict=True)]
    text = " ".join(b if o == "kept" else a for a, b, o in zip(ours, theirs, outcomes, strict=True))
    return text, "kept" if "kept" in outcomes else outcomes[0]


def outcome_of(caption: Caption, text: str, facet: str) -> str:
    """What becomes of a paraphrase: kept, unchanged, empty, changed, dropped or added."""
    if not text:
        return "empty"
    if text == caption.text:
        return "unchanged"
    return _difference(set(caption.claims or read_back(caption.text, facet)), set(read_back(text, facet)))


def _difference(ours: set[Claim], theirs: set[Claim]) -> str:
    missing, extra = ours - theirs, theirs - ours
    if missing and extra:
        return "changed"
    return "dropped" if missing else "added" if extra else "kept"


class Paraphraser:
    """A causal language model of transformers as a function from texts to paraphrases.

    Parameters
    ----------
    model, tokenizer
        As transformers loads them; the tokenizer needs a chat template.
    temperature : float
        0: the likeliest words; else sampled, with torch's own generator.
    """

    def __init__(self, model, tokenizer, temperature: float = 0.0):
        self.model, self.tokenizer, self.temperature = model, tokenizer, temperature

    def __call__(self, texts: Sequence[str]) -> list[str]:
        order = sorted(range(len(texts)), key=lambda i: len(texts[i]))  # texts of a batch are about as long
        written = [""] * len(texts)
        for first in range(0, len(order), _BATCH):
            chosen = order[first : first + _BATCH]
            for i, text in zip(chosen, self._batch([texts[i] for i in chosen]), strict=True):
                written[i] = text
        return written

    def _batch(self, texts: list[str]) -> list[str]:
        import torch

        tokenizer = self.tokenizer
        prompts = [
            tokenizer.apply_chat_template(_messages(t), tokenize=False, add_generation_prompt=True) for t in texts
        ]
        tokenizer.padding_side = "left"
        if tokenizer.pad_token is None:
            tokenizer.pad_token = tokenizer.eos_token
        given = tokenizer(prompts, return_tensors="pt", padding=True, add_special_tokens=False).to(
            self.model.device
        )
        longest = max(len(tokenizer.encode(t, add_special_tokens=False)) for t in texts)
        sampled = {"do_sample": True, "temperature": self.temperature} if self.temperature else {"do_sample": False}
        with torch.inference_mode():
            tokens = self.model.generate(
                **given,
                max_new_tokens=int(_MAX_LONGER * longest) + 16,
                pad_token_id=tokenizer.pad_token_id,
                **sampled,
            )
        return tokenizer.batch_decode(tokens[:, given["input_ids"].shape[1] :], skip_special_tokens=True)


def _messages(text: str) -> list[dict[str, str]]:
    shown = [
        {"role": role, "content": content}
        for pair in _EXAMPLES
        for role, content in zip(("user", "assistant"), pair, strict=True)
    ]
    return [{"role": "system", "content": _INSTRUCTION}, *shown, {"role": "user", "content": text}]
