"""The words of the captions, written and read by the same tables: nouns, qualities, units and joining words.

The nouns are what a number or a quality may belong to; `QUALITIES` are qualities, each with the kind of noun that
it belongs to. A phrase may stand in several places of the tables only where the noun beside it tells them apart.
"""

from sleeplm.kinds.channels import CANONICAL, POSITION_KINDS
from sleeplm.kinds.events import EVENT_KINDS
from sleeplm.kinds.sources import SOURCES
from sleeplm.kinds.stages import STAGE_KINDS

STAGE_NOUNS = {str(stage): kind.caption_nouns for stage, kind in STAGE_KINDS.items() if kind.caption_nouns}
# Of each type of event, the nouns that it is called by; a burst of the chin is no scored event.
EVENT_NOUNS = {
    **{kind.id: kind.caption_nouns for kind in EVENT_KINDS.values()},
    "chin_burst": ("burst of chin activity", "chin muscle burst"),
    "respiratory": ("respiratory event",),
}
CHANNEL_NOUNS = {channel.name: channel.caption_nouns for channel in CANONICAL}
POSITION_NOUNS = {kind.name: kind.caption_nouns for kind in POSITION_KINDS if kind.caption_nouns}
# What a number or a quality may belong to, beside bands, derivations, channels, events and stages.
TOPIC_NOUNS = {
    "hr": ("heart rate", "pulse", "heart beats", "heartbeat"),
    "rmssd": ("RMSSD",),
    "spo2": ("SpO2", "oxygen saturation", "saturation"),
    "breathing": ("breathing rate", "respiratory rate", "breathing", "breaths"),
    "variability": ("breath-to-breath variability", "breath lengths vary", "breath length varies"),
    "flattened": ("flattened inspiration", "flattened breaths", "inspiratory flattening"),
    "flow_lowest": ("airflow falls to", "airflow is down to", "airflow nearly ceases", "airflow nearly stops"),
    "flow": ("airflow",),
    "effort": ("breathing effort", "effort"),
    "belts": ("chest and abdomen", "chest and belly", "the belts", "both belts"),
    "snoring": ("snore signal", "snoring sound"),
    "slow_eye": ("slow eye activity", "slow eye movements", "slow rolling of the eyes"),
    "saccades": ("saccadic activity", "saccades"),
    "chin": ("chin muscle tone", "chin tone", "chin muscle", "chin activity"),
    "chin_hz": ("median frequency",),
    "confidence": ("confidence", "confident", "likely"),
    "hr_rise": ("heart rate up by", "heart rate rising by", "the heart faster by"),
    "nadir": ("down to", "falling to", "with a low of"),
    "drop": ("a fall of", "a drop of"),
    "desaturation_after": ("then a loss of oxygen of", "with a loss of oxygen of"),
    "turn": ("turning", "the body turns", "position change", "a turn"),
    "lowest": ("lowest", "minimum", "at least"),
    "highest": ("highest", "maximum", "at most"),
}
# {attribute: {value: (kind of noun, ways to word it)}}; an empty kind: it needs no noun.
QUALITIES: dict[str, dict] = {
    "amplitude": {
        "low": ("", ("low-amplitude", "low-voltage")),
        "medium": ("", ("medium-amplitude", "medium-voltage")),
        "high": ("", ("high-amplitude", "high-voltage")),
    },
    "pattern": {
        "slow": ("", ("large slow activity", "large slow waves throughout the trace")),
        "alpha": ("", ("alpha rhythm", "alpha-rich")),
        "mixed": ("", ("mixed-frequency", "mixed frequencies")),
    },
    "level": {
        "low": ("band", ("low", "weak")),
        "moderate": ("band", ("moderate", "intermediate")),
        "high": ("band", ("high", "strong", "prominent")),
    },
    "dominant": {
        True: (
            "band",
            ("dominates", "prevails", "dominated by", "mostly", "chiefly", "strongest band", "largest band"),
        )
    },
    "artifact": {
        True: ("derivation", ("overlaid by artifact", "disturbed by artifact", "unreadable for artifact"))
    },
    "hr_level": {
        "low": ("hr", ("slow", "low")),
        "normal": ("hr", ("normal", "unremarkable")),
        "high": ("hr", ("fast", "high")),
    },
    "hr_trend": {
        "stable": ("hr", ("stable", "steady")),
        "variable": ("hr", ("variable", "changing")),
        "rising": ("hr", ("rising", "increasing")),
        "falling": ("hr", ("falling", "decreasing")),
    },
    "spo2_steady": {True: ("spo2", ("steady", "constant", "unchanged"))},
    "hr_moves": {
        "rising": ("hr", ("rises", "climbs")),
        "falling": ("hr", ("falls", "drops")),
        "stable": ("hr", ("stays", "holds")),
    },
    "spo2_moves": {
        "rising": ("spo2", ("rises", "climbs")),
        "falling": ("spo2", ("falls", "drops")),
        "stable": ("spo2", ("stays", "holds")),
    },
    "breathing_speed": {"low": ("breathing", ("slow",)), "high": ("breathing", ("fast", "rapid"))},
    "regularity": {
        "regular": ("", ("regular", "even")),
        "fairly regular": ("", ("fairly regular", "fairly even")),
        "irregular": ("", ("irregular", "uneven")),
        "no rhythm": ("", ("no steady rhythm", "no steady breathing rhythm")),
    },
    "flow_level": {
        "low": ("flow", ("reduced", "shallow")),
        "usual": ("flow", ("unchanged", "usual")),
        "high": ("flow", ("large", "deep")),
    },
    "effort_level": {
        "low": ("effort", ("weak", "reduced")),
        "usual": ("effort", ("steady", "usual")),
        "high": ("effort", ("strong", "increased")),
    },
    "phase": {
        "in phase": ("", ("in phase", "moving together")),
        "opposite": ("", ("in opposite phase", "against each other", "paradoxical")),
        "out of step": ("", ("out of step", "not quite together")),
    },
    "snoring_level": {"high": ("snoring", ("loud",))},
    "chin_tone": {
        "low": ("chin", ("low", "slack")),
        "usual": ("chin", ("usual", "moderate")),
        "high": ("chin", ("high", "raised")),
    },
    "fault": {
        "missing": ("channel", ("without a value",)),
        "flat": ("channel", ("flat",)),
        "clipped": ("channel", ("clipped", "cut off at its limits")),
        "disconnected": ("channel", ("disconnected", "off")),
        "mains": ("channel", ("full of mains hum", "noisy with mains hum")),
        "movement": ("channel", ("disturbed by movement", "shaken by movement")),
    },
    "from_before": {
        True: (
            "event",
            ("begun in the epoch before", "carried over from the epoch before", "already under way at the start"),
        )
    },
    "into_next": {True: ("event", ("into the next epoch", "beyond the end of the epoch"))},
    "arousal": {True: ("event", ("followed by an arousal", "ended by an arousal", "with an arousal at its end"))},
    "stage_source": {s.id: ("", s.caption_words) for s in SOURCES.values() if s.caption_words},
    "previous_stage": {
        "same": ("", ("unchanged from the epoch before", "the same stage as before", "as in the epoch before"))
    },
    "next_stage": {
        "same": ("", ("the next epoch being the same", "unchanged in the next epoch", "with no change after it"))
    },
}
# By which words another stage, or what supports the stage, is introduced.
PREVIOUS_STAGE = ("coming from", "the epoch before being", "a change from", "after")
NEXT_STAGE = ("the next epoch being", "giving way to", "before a change to", "followed by")
EVIDENCE = ("supported by", "in keeping with", "as shown by")
EVIDENCE_NOUNS = {
    "spindles": ("spindles", "sleep spindles"),
    "slow_waves": ("slow waves", "large slow waves"),
    "alpha": ("alpha rhythm", "alpha activity"),
    "theta": ("theta activity", "theta waves"),
    "delta": ("delta activity", "delta waves"),
    "low_chin_tone": ("little chin tone", "a slack chin muscle"),
    "high_chin_tone": ("much chin tone", "a tense chin muscle"),
    "rapid_eye_movements": ("rapid eye movements",),
    "slow_eye_movements": ("slow eye movements",),
    "k_complexes": ("K complexes",),
    "mixed_frequency": ("mixed-frequency activity",),
}
COUNT_WORDS = (
    "no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
)  # fmt: skip
