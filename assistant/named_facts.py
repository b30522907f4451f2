"""Facts with a name of their own: the words that ask for just them, read by rule and never guessed at.

The language model chooses among the numbers that people ask for in many ways. These have one or two names, which
either stand in a question or do not: where they do, a plan looks them up; where they do not, it cannot.
"""

import re

from assistant.topics import stages_of

_THIRD = r"(?:first|second|middle|last|final) third|thirds"
_HEART = r"heart ?rate(?! variab)|pulse|bpm|\bhr\b"
_BY_STAGE = re.compile(r"^(?:hr|rmssd|sdnn|lf_hf)_(w|n1|n2|n3|r)_")
# Words of a question, and the ids of the facts that they name. Every pattern that matches counts.
NAMES = tuple(
    (re.compile(pattern, re.IGNORECASE), ids)
    for pattern, ids in (
        (r"\bspt\b|sleep period time|(?<!longest )(?:long|length) (?:was|is|of) the sleep period", ("spt_min",)),
        (r"\bsme\b|(?:sleep )?maintenance efficiency", ("sme_pct",)),
        (r"\blps\b|persistent sleep", ("lps_min",)),
        (r"^(?!.*(?:arousal|apn|ahi|index|per hour|heart)).*\b(?:how (?:much|long)|time|minutes|hours|amount)\b.*"
         r"\bn(?:on)?[ -]?rem\b", ("nrem_min",)),
        (r"latency (?:of|to) (?:n3|deep sleep|slow.wave sleep)|(?:n3|deep sleep) latency", ("n3_latency_min",)),
        (r"sleep cycles?\b|nrem.rem cycles?|how many cycles|number of cycles", ("cycles_n", "cycle_mean_min")),
        (rf"deep.*(?:{_THIRD})|n3.*(?:{_THIRD})|(?:{_THIRD}).*(?:deep|n3)",
         tuple(f"n3_{t}_third_min" for t in ("first", "second", "last"))),
        (rf"\brem\b.*(?:{_THIRD})|(?:{_THIRD}).*\brem\b",
         tuple(f"r_{t}_third_min" for t in ("first", "second", "last"))),
        (rf"(?:wake|awake).*(?:{_THIRD})|(?:{_THIRD}).*(?:wake|awake)",
         tuple(f"w_{t}_third_min" for t in ("first", "second", "last"))),
        (r"\brdi\b|respiratory disturbance", ("rdi_per_h",)),
        (r"(?<!central )apnea index\b(?! in)", ("apnea_index_per_h",)),
        (r"central apnea index|\bcai\b", ("central_apnea_index_per_h",)),
        (r"(?:ahi|apnea.hypopnea|apneas|breathing).*(?:supine|on (?:the|his|her|their|my) (?:back|side)|position)",
         ("ahi_supine_per_h", "ahi_nonsupine_per_h")),
        (r"cheyne", ("cheyne_stokes_n", "cheyne_stokes_min")),
        (r"\bt88\b|(?:below|under) 88", ("t88_pct",)),
        (r"minutes (?:below|under) 90|t90 in minutes", ("t90_min",)),
        (r"(?:depth|deep|how far).*desaturation|desaturation.*(?:depth|deep)", ("desaturation_depth_pct",)),
        (r"(?:duration|how long|length).*desaturation|desaturation.*(?:last|duration)",
         ("desaturation_duration_s",)),
        (rf"(?:{_HEART}).*(?:\brem\b|stage r\b)", ("hr_r_bpm",)),
        (rf"(?:{_HEART}).*(?:n3|deep sleep)", ("hr_n3_bpm",)),
        (rf"(?:{_HEART}).*\bn2\b", ("hr_n2_bpm",)),
        (rf"(?:{_HEART}).*\bn1\b", ("hr_n1_bpm",)),
        (rf"(?:{_HEART}).*(?:awake|\bwake)", ("hr_w_bpm",)),
        (rf"(?:{_HEART}).*(?:by|each|per|every) (?:sleep )?stage",
         tuple(f"hr_{s}_bpm" for s in ("w", "n2", "n3", "r"))),
        (r"\brmssd|heart ?rate variability|\bhrv\b", tuple(f"rmssd_{s}_ms" for s in ("n2", "n3", "r", "w", "n1"))),
        (r"\bsdnn", tuple(f"sdnn_{s}_ms" for s in ("n2", "n3", "r", "w", "n1"))),
        (r"\blf.?hf\b", tuple(f"lf_hf_{s}_ratio" for s in ("n2", "n3", "r", "w", "n1"))),
        (r"premature beats?|ectopic|extrasystol|\bpvcs?\b|\bpacs?\b", ("premature_beat_n",)),
        (r"atonia|\brai\b|\brswa\b|\brbd\b", ("rem_atonia_ratio",)),
        (r"(?:position|posture) changes?|changes? of (?:body )?(?:position|posture)|turn(?:ed)? (?:over|around)",
         ("position_changes_n",)),
        (r"(?:confident|confidence|unsure|sure|certain).*stag|stag.*(?:confident|confidence|unsure|certain)",
         ("unsure_pct",)),
        (r"arousal index in (?:stage )?r(?:em)?\b|arousals? per hour (?:in|of) rem", ("arousal_rem_per_h",)),
        (r"arousal index in nrem|arousals? per hour (?:in|of) nrem", ("arousal_nrem_per_h",)),
        (r"index of all (?:leg|limb) movements|\blmi\b", ("leg_movement_per_h",)),
        (r"plm.*arousal|leg movements? with (?:an )?arousal", ("plm_arousal_per_h",)),
        (r"(?:share|percent|how much|proportion).*snor|snor.*(?:percent|share)", ("snore_pct",)),
        (r"spindle density|spindles per min", ("spindle_n2_per_min",)),
        (r"slow.wave density|slow waves per min", ("slow_wave_n3_per_min",)),
        (r"\brem density|eye movement density|rapid eye movements per min", ("rapid_eye_movement_r_per_min",)),
    )
)  # fmt: skip
NAMED_IDS = frozenset(id for _, ids in NAMES for id in ids)


def named_facts(question: str) -> tuple[str, ...]:
    """The ids of the facts that a question names, each once; where it names stages, of these alone."""
    named = dict.fromkeys(id for pattern, ids in NAMES if pattern.search(question) for id in ids)
    wanted = {str(stage).lower() for stage in stages_of(question)}
    return tuple(id for id in named if not wanted or _stage_in(id) in (None, *wanted))


def _stage_in(id: str) -> str | None:
    found = _BY_STAGE.match(id)
    return found and found[1]
