"""Types of events: one row says what a type is called, what it is seen on, how it is asked for and drawn."""

from dataclasses import dataclass

from sleeplm.kinds.channels import MODALITIES


def plural_of(noun: str) -> str:
    """The plural of a noun, of its head where ``of`` follows.

    >>> plural_of("arousal"), plural_of("stretch of snoring")
    ('arousals', 'stretches of snoring')
    """
    head, of, rest = noun.partition(" of ")
    return f"{head}{'es' if head.endswith(('ch', 's', 'sh', 'x')) else 's'}{of}{rest}"


@dataclass(frozen=True)
class EventKind:
    """All that is true of a type of event.

    Attributes
    ----------
    id : str
        As it is stored, and what its count is called with ``_n``.
    noun : str
        In answers: ``obstructive apnea``.
    count : str
        The name of its count: ``Obstructive apneas``; empty where it is not counted.
    modality : str
        Of `MODALITIES`: what must be recorded before anything may be said of it; empty where it needs no signal.
    color : str
        In charts.
    caption_nouns : tuple of str
        By which captions call it, one of which is drawn.
    phrases, plural_phrases : tuple of str
        How people search for it, and for more than one in an epoch.
    label, short : str
        In a chart, and where there is little room; by default the noun.
    salience : int
        How much it tells of an epoch in a summary, in which 3 is usual and the stage has 20.
    micro : bool
        Whether a night has thousands: those are given as counts, not one by one.
    similar : bool
        Whether it is looked for by a phrase where nobody scored it.
    counts_as : str
        As what an index of breathing counts it: ``apnea``, ``hypopnea`` or ``rera``; empty for any other.
    family : str
        Types of one family are looked for together: who scored one has scored all. Leg movements and PLM are no
        family: who marks series need not mark single movements. Empty where it belongs to none.
    absence : bool
        Whether a caption says that there was none.
    count_sentence, count_formula : str
        Of its count, where they are not the usual ones.
    """

    id: str
    noun: str
    count: str
    modality: str
    color: str
    caption_nouns: tuple[str, ...]
    phrases: tuple[str, ...] = ()
    plural_phrases: tuple[str, ...] = ()
    label: str = ""
    short: str = ""
    salience: int = 3
    micro: bool = False
    similar: bool = False
    counts_as: str = ""
    family: str = ""
    absence: bool = False
    count_sentence: str = ""
    count_formula: str = ""

    def __post_init__(self):
        label = self.label or self.noun[:1].upper() + self.noun[1:]
        object.__setattr__(self, "label", label)
        object.__setattr__(self, "short", self.short or label)

    @property
    def plural(self) -> str:
        """In answers: ``obstructive apneas``."""
        return plural_of(self.noun)

    @property
    def channels(self) -> tuple[str, ...]:
        """Canonical channels, any one of which suffices; empty where it needs none."""
        return MODALITIES[self.modality].channels if self.modality else ()


EVENT_KINDS = {
    kind.id: kind
    for kind in (
        EventKind(
            "apnea_obstructive", "obstructive apnea", "Obstructive apneas", "breathing", "#1f4e9e",
            ("obstructive apnea",),
            ("obstructive apnea", "airway obstruction with effort", "obstructive apnoea", "breathing stops"),
            short="Obstr. apnea", salience=9, counts_as="apnea", family="apneas",
        ),
        EventKind(
            "apnea_central", "central apnea", "Central apneas", "breathing", "#7a3fa8",
            ("central apnea",),
            ("central apnea", "breathing stops without effort", "central apnoea", "no breathing effort"),
            short="Cent. apnea", salience=9, counts_as="apnea", family="apneas",
        ),
        EventKind(
            "apnea_mixed", "mixed apnea", "Mixed apneas", "breathing", "#4b5bb5",
            ("mixed apnea",),
            ("mixed apnea", "mixed apnoea", "apnea central at first then obstructive"),
            short="Mixed apnea", salience=9, counts_as="apnea", family="apneas",
        ),
        EventKind(
            "apnea", "apnea", "Apneas of no stated type", "breathing", "#1f4e9e",
            ("apnea", "apnea of unstated type"),
            ("apnea", "breathing stops", "apnoea", "pause in breathing"),
            salience=9, counts_as="apnea", family="apneas",
        ),
        EventKind(
            "hypopnea", "hypopnea", "Hypopneas", "breathing", "#3f8fc4",
            ("hypopnea",),
            ("hypopnea", "reduced airflow", "hypopnoea", "shallow breathing"),
            salience=8, counts_as="hypopnea", family="apneas",
        ),
        EventKind(
            "rera", "RERA", "RERAs", "breathing", "#56a3a6",
            ("respiratory effort-related arousal", "RERA"),
            ("respiratory effort-related arousal", "RERA", "effort ending in an arousal"),
            salience=7, counts_as="rera",
        ),
        EventKind(
            "desaturation", "desaturation", "Desaturations", "oxygen", "#b5522b",
            ("oxygen desaturation", "desaturation"),
            ("oxygen desaturation", "oxygen drops", "desaturation", "SpO2 falls", "drop in oxygen saturation"),
            salience=7, absence=True,
        ),
        EventKind(
            "arousal", "arousal", "Arousals", "brain", "#b98a00",
            ("arousal", "cortical arousal"),
            ("arousal", "cortical arousal", "brief awakening", "EEG arousal"),
            ("several arousals", "repeated arousals"),
            salience=6, absence=True,
        ),
        EventKind(
            "leg_movement", "leg movement", "Leg movements", "legs", "#5c8a3a",
            ("leg movement",),
            ("leg movement", "leg jerk", "leg twitch", "leg kick"),
            ("leg movements", "legs moving repeatedly"),
            short="Leg mov.", salience=4,
            count_sentence="Leg movements not marked as periodic: {value}.",
            count_formula="Events scored in the whole recording that are not marked as periodic.",
        ),
        EventKind(
            "plm", "periodic leg movement", "Periodic leg movements", "legs", "#3d6b22",
            ("periodic leg movement",),
            ("periodic leg movement", "PLM", "periodic limb movement", "leg jerk"),
            ("periodic leg movements", "series of leg jerks"),
            label="Periodic leg mov.", short="PLM", salience=5,
        ),
        EventKind(
            "snore", "snore", "Episodes of snoring", "snoring", "#8a6d5b",
            ("stretch of snoring", "run of snoring"),
            ("snoring", "snore", "loud snoring"),
            salience=4,
        ),
        EventKind(
            "bradycardia", "bradycardia", "Bradycardias", "heart", "#a8324a",
            ("bradycardia episode", "episode of slow heartbeat"),
            ("bradycardia", "slow heartbeat"),
            short="Bradycard.", salience=7, family="rhythm",
        ),
        EventKind(
            "tachycardia", "tachycardia", "Tachycardias", "heart", "#c74b62",
            ("tachycardia episode", "episode of fast heartbeat"),
            ("tachycardia", "racing heart"),
            short="Tachycard.", salience=7, family="rhythm",
        ),
        EventKind(
            "pause", "heart pause", "Pauses of the heart", "heart", "#7d1f33",
            ("pause of the heart", "cardiac pause"),
            ("cardiac pause", "pause of the heart", "asystole"),
            salience=9, family="rhythm",
        ),
        EventKind(
            "cheyne_stokes", "stretch of Cheyne-Stokes breathing", "Stretches of Cheyne-Stokes breathing",
            "breathing", "#8857b8",
            ("Cheyne-Stokes run", "run of Cheyne-Stokes breathing"),
            ("Cheyne-Stokes breathing", "waxing and waning breathing", "periodic breathing"),
            label="Cheyne-Stokes", salience=8,
        ),
        EventKind(
            "spindle", "spindle", "Sleep spindles", "brain", "#2f7f79",
            ("spindle", "sleep spindle"),
            ("sleep spindle", "spindle", "sigma burst"),
            ("spindles", "sleep spindles", "spindle activity"),
            micro=True, similar=True,
        ),
        EventKind(
            "slow_wave", "slow wave", "Slow waves", "brain", "#4b5bb5",
            ("slow wave", "large slow wave"),
            ("slow wave", "large slow wave", "high-amplitude delta wave"),
            ("slow waves", "large slow waves", "slow-wave activity"),
            salience=2, micro=True, similar=True,
        ),
        EventKind(
            "rapid_eye_movement", "rapid eye movement", "Rapid eye movements", "eyes", "#b3364a",
            ("rapid eye movement",),
            ("rapid eye movement", "fast eye movement", "eye movement"),
            ("rapid eye movements", "frequent eye movements", "REMs"),
            salience=4, micro=True,
        ),
        EventKind(
            "artifact", "artifact", "", "", "#6b7782",
            ("artifact", "stretch of artifact"),
            ("artifact", "disturbed signal"),
            salience=4,
        ),
        EventKind("other", "other event", "", "", "#6b7782", ("event of another kind",)),
    )
}  # fmt: skip

EVENT_TYPES = tuple(EVENT_KINDS)
MICRO_EVENTS = tuple(kind.id for kind in EVENT_KINDS.values() if kind.micro)
# What counts as an apnea, what an apnea-hypopnea index counts, and what a respiratory disturbance index counts.
APNEAS = tuple(kind.id for kind in EVENT_KINDS.values() if kind.counts_as == "apnea")
HYPOPNEAS = tuple(kind.id for kind in EVENT_KINDS.values() if kind.counts_as == "hypopnea")
APNEAS_HYPOPNEAS = (*APNEAS, *HYPOPNEAS)
RESPIRATORY = tuple(kind.id for kind in EVENT_KINDS.values() if kind.counts_as)
_FAMILY_NAMES = dict.fromkeys(kind.family for kind in EVENT_KINDS.values() if kind.family)
EVENT_FAMILIES = tuple(
    frozenset(kind.id for kind in EVENT_KINDS.values() if kind.family == name) for name in _FAMILY_NAMES
)
# What must be recorded before anything may be said of a type of event (any one of the channels suffices).
EVENT_CHANNELS = {kind.id: kind.channels for kind in EVENT_KINDS.values() if kind.channels}


def events_of_modality(modality: str) -> tuple[str, ...]:
    """Types of events that are seen on a modality, in the order of their rows.

    >>> events_of_modality("legs")
    ('leg_movement', 'plm')
    """
    return tuple(kind.id for kind in EVENT_KINDS.values() if kind.modality == modality)
