"""The words of the captions, written and read by the same tables: nouns, qualities, units and joining words.

The nouns are what a number or a quality may belong to; `WORDS` are qualities, each with the kind of noun that it is
said of. A phrase may stand in several places of the tables only where the noun beside it tells which is meant.
"""

STAGE_NOUNS = {
    "W": ("wakefulness", "wake", "stage W", "awake"),
    "N1": ("N1 sleep", "stage N1", "N1"),
    "N2": ("N2 sleep", "stage N2", "N2"),
    "N3": ("N3 sleep", "stage N3", "N3", "slow-wave sleep", "deep sleep"),
    "NREM": ("non-REM sleep", "NREM sleep"),
    "R": ("REM sleep", "stage R", "rapid eye movement sleep"),
}
# Of each event type, the nouns that it is told with; the plural is made by -s unless `PLURALS` has it.
EVENT_NOUNS = {
    "apnea_obstructive": ("obstructive apnea",),
    "apnea_central": ("central apnea",),
    "apnea_mixed": ("mixed apnea",),
    "apnea": ("apnea", "apnea of unstated type"),
    "hypopnea": ("hypopnea",),
    "rera": ("respiratory effort-related arousal", "RERA"),
    "desaturation": ("oxygen desaturation", "desaturation"),
    "arousal": ("arousal", "cortical arousal"),
    "leg_movement": ("leg movement",),
    "plm": ("periodic leg movement",),
    "snore": ("stretch of snoring", "run of snoring"),
    "bradycardia": ("bradycardia episode", "episode of slow heartbeat"),
    "tachycardia": ("tachycardia episode", "episode of fast heartbeat"),
    "pause": ("pause of the heart", "cardiac pause"),
    "cheyne_stokes": ("Cheyne-Stokes run", "run of Cheyne-Stokes breathing"),
    "spindle": ("spindle", "sleep spindle"),
    "slow_wave": ("slow wave", "large slow wave"),
    "rapid_eye_movement": ("rapid eye movement",),
    "chin_burst": ("burst of chin activity", "chin muscle burst"),
    "artifact": ("artifact", "stretch of artifact"),
    "other": ("event of another kind",),
    "respiratory": ("respiratory event",),
}
PLURALS = {
    "apnea of unstated type": "apneas of unstated type",
    "episode of slow heartbeat": "episodes of slow heartbeat",
    "episode of fast heartbeat": "episodes of fast heartbeat",
    "stretch of snoring": "stretches of snoring",
    "run of snoring": "runs of snoring",
    "pause of the heart": "pauses of the heart",
    "run of Cheyne-Stokes breathing": "runs of Cheyne-Stokes breathing",
    "burst of chin activity": "bursts of chin activity",
    "stretch of artifact": "stretches of artifact",
    "event of another kind": "events of another kind",
}
CHANNEL_NOUNS = {
    "C3": ("left central EEG",),
    "C4": ("right central EEG",),
    "EOG_L": ("left eye electrode", "left eye"),
    "EOG_R": ("right eye electrode", "right eye"),
    "EMG_CHIN": ("chin EMG", "chin electrode"),
    "ECG": ("ECG",),
    "AF": ("flow sensor", "airflow signal"),
    "THX": ("chest belt", "thoracic belt"),
    "ABD": ("abdominal belt", "belly belt"),
    "SPO2": ("oximeter", "SpO2 signal"),
    "LEG_L": ("left leg EMG",),
    "LEG_R": ("right leg EMG",),
    "POS": ("position sensor",),
    "SNORE": ("snore sensor",),
}
POSITION_NOUNS = {
    "supine": ("supine", "the back"),
    "left": ("the left side", "left lateral"),
    "right": ("the right side", "right lateral"),
    "prone": ("prone", "the stomach"),
    "upright": ("upright", "sitting up"),
}
# What a number or a quality may be said of, beside bands, leads, channels, events and stages.
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
# {attribute: {value: (kind of noun, ways to say it)}}; an empty kind: said by itself.
WORDS: dict[str, dict] = {
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
    "artifact": {True: ("lead", ("overlaid by artifact", "disturbed by artifact", "unreadable for artifact"))},
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
    "stage_source": {
        "expert": ("", ("by expert scoring", "according to the expert", "expert scoring", "scored by an expert")),
        "yasa": ("", ("YASA",)),
        "sleepecg": ("", ("SleepECG",)),
    },
    "previous_stage": {
        "same": ("", ("unchanged from the epoch before", "the same stage as before", "as in the epoch before"))
    },
    "next_stage": {
        "same": ("", ("the next epoch being the same", "unchanged in the next epoch", "with no change after it"))
    },
}
BEFORE = ("coming from", "the epoch before being", "a change from", "after")
AFTER = ("the next epoch being", "giving way to", "before a change to", "followed by")
SUPPORT = ("supported by", "in keeping with", "as shown by")
SUPPORTS = {
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
