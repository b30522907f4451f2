"""The canonical montage: its channels, what a set of them tells of, body positions, and the facets of a caption.

Networks read the canonical channels in their order, which is therefore part of every weight. What is found beside
them (`BESIDE`) is read by detectors and numbers alone.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class CanonicalChannel:
    """One place of the canonical montage, or beside it.

    Attributes
    ----------
    name, unit : str
    kind : str
        eeg, eog, emg, ecg, effort, flow, position, spo2, snore or pulse.
    words : str
        What people call it.
    caption_nouns : tuple of str
        How captions call it.
    """

    name: str
    unit: str
    kind: str
    words: str
    caption_nouns: tuple[str, ...]


# The first ten stand in the order of the published SleepLM model.
CANONICAL = (
    CanonicalChannel("ECG", "mV", "ecg", "electrocardiogram", ("ECG",)),
    CanonicalChannel("ABD", "a.u.", "effort", "abdominal belt", ("abdominal belt", "belly belt")),
    CanonicalChannel("THX", "a.u.", "effort", "thoracic belt", ("chest belt", "thoracic belt")),
    CanonicalChannel("AF", "a.u.", "flow", "airflow", ("flow sensor", "airflow signal")),
    CanonicalChannel("EOG_L", "uV", "eog", "left eye movements", ("left eye electrode", "left eye")),
    CanonicalChannel("EOG_R", "uV", "eog", "right eye movements", ("right eye electrode", "right eye")),
    CanonicalChannel("C3", "uV", "eeg", "left central EEG", ("left central EEG",)),
    CanonicalChannel("C4", "uV", "eeg", "right central EEG", ("right central EEG",)),
    CanonicalChannel("EMG_CHIN", "uV", "emg", "chin EMG", ("chin EMG", "chin electrode")),
    CanonicalChannel("POS", "code", "position", "body position", ("position sensor",)),
    CanonicalChannel("SPO2", "%", "spo2", "oxygen saturation", ("oximeter", "SpO2 signal")),
    CanonicalChannel("LEG_L", "uV", "emg", "left leg EMG", ("left leg EMG",)),
    CanonicalChannel("LEG_R", "uV", "emg", "right leg EMG", ("right leg EMG",)),
    CanonicalChannel("SNORE", "a.u.", "snore", "snoring", ("snore sensor",)),
)
CHANNEL_NAMES = tuple(c.name for c in CANONICAL)
# Found where they are recorded, missed where they are not: no network reads them and no caption tells of them.
BESIDE = (
    CanonicalChannel("THERM", "a.u.", "flow", "oronasal thermal airflow", ("thermistor",)),
    CanonicalChannel("PULSE", "bpm", "pulse", "pulse rate of the oximeter", ("pulse rate",)),
)
RECORDABLE = CANONICAL + BESIDE
RECORDABLE_NAMES = tuple(c.name for c in RECORDABLE)
CHANNEL = {c.name: c for c in RECORDABLE}
# Colour of each kind of channel in a chart.
CHANNEL_COLORS = {
    "eeg": "#23405c", "eog": "#1f6f6b", "emg": "#7a5a2b", "ecg": "#a8324a", "effort": "#3a6ea5", "flow": "#3a6ea5",
    "spo2": "#b5522b", "position": "#6b7782", "snore": "#8a6d5b", "pulse": "#a8324a",
}  # fmt: skip


@dataclass(frozen=True)
class Modality:
    """What can be known from channels, any one of which suffices.

    Attributes
    ----------
    name : str
    channels : tuple of str
        Canonical channels, the best first.
    subject : str
        As a reason has it: ``Oxygen saturation was not recorded``.
    asked : str
        Regular expression of the words by which a question names it; empty where none does.
    absent : str
        What is said of it where it was not recorded.
    beside : tuple of str
        Channels beside the canonical ones, of which some of its numbers can be had as well.
    """

    name: str
    channels: tuple[str, ...]
    subject: str
    asked: str = ""
    absent: str = ""
    beside: tuple[str, ...] = ()

    @property
    def noun(self) -> str:
        """In the middle of a sentence: ``oxygen saturation``."""
        words = self.subject.removeprefix("The ")
        return words if words[:2].isupper() else words[:1].lower() + words[1:]


MODALITIES = {
    modality.name: modality
    for modality in (
        Modality(
            "oxygen", ("SPO2",), "Oxygen saturation",
            r"oxyg|(?:mean|average|avg|min|lowest|o2)\s+sats?\b|spo2|sp02|sao2|saturation|desat|o2\b|t90|odi\b|odi[34]"
            r"|oxymet|oximet|hypox|nadir",
            "Oxygen saturation (SpO2) was not recorded in this study.",
        ),
        Modality(
            "legs", ("LEG_L", "LEG_R"), "Leg movement",
            r"legs?\b|plms?\b|plmi|plmd|limb|kick|periodic\s+(?:leg|limb)",
            "Leg movements were not recorded in this study: it has no leg channel.",
        ),
        Modality("snoring", ("SNORE",), "Snoring", r"snor", "Snoring was not recorded in this study."),
        Modality(
            "heart", ("ECG",), "The electrocardiogram",
            r"heart|pulse|bpm\b|ecg\b|ekg\b|cardiac|bradycard|tachycard|beats?\b|hrv?\b",
            "The heart was not recorded in this study: it has no ECG.", ("PULSE",),
        ),
        Modality(
            "breathing", ("AF", "THX", "ABD"), "Breathing",
            r"breath|apn(?:o?e|ea)|hypopn|hyponea|ahi\b|rdi\b|reras?\b|respirat|cheyne|airflow|obstructive|central\b"
            r"|gasp|chok",
            "Breathing was not recorded in this study: it has neither airflow nor a belt.",
        ),
        Modality(
            "position", ("POS",), "Body position",
            r"supine|prone|(?:his|her|their|the|my|each|which) (?:back|side|belly|left|right)\b|position|posture",
            "Body position was not recorded in this study.",
        ),
        Modality("brain", ("C3", "C4"), "EEG"),
        Modality("eyes", ("EOG_L", "EOG_R"), "Eye movement"),
        Modality("chin", ("EMG_CHIN",), "The chin EMG"),
    )
}  # fmt: skip


@dataclass(frozen=True)
class PositionKind:
    """A body position.

    Attributes
    ----------
    name : str
    code : int
        In the POS channel, that of the published model.
    words : str
        Where a person lies: ``on the back``.
    caption_nouns : tuple of str
        How captions call it; by the first where the body turns.
    caption_forms : tuple of str
        How captions say that a person lies so, one of which is drawn.
    phrases : tuple of str
        How people search for it.
    """

    name: str
    code: int
    words: str = ""
    caption_nouns: tuple[str, ...] = ()
    caption_forms: tuple[str, ...] = ()
    phrases: tuple[str, ...] = ()


POSITION_KINDS = (
    PositionKind("right", 0, "on the right side", ("the right side", "right lateral"), ("on the right side",),
                 ("lying on the right side", "right lateral position", "on the right side")),
    PositionKind("left", 1, "on the left side", ("the left side", "left lateral"), ("on the left side",),
                 ("lying on the left side", "left lateral position", "on the left side")),
    PositionKind("supine", 2, "on the back", ("supine", "the back"), ("supine", "on the back"),
                 ("lying supine", "on the back", "supine position")),
    PositionKind("prone", 3, "on the front", ("prone", "the stomach"), ("prone", "on the stomach"),
                 ("lying prone", "on the stomach", "prone position")),
    PositionKind("upright", 4, "upright", ("upright", "sitting up"), ("upright",),
                 ("sitting up", "upright position", "body upright")),
    PositionKind("unknown", -1),
)  # fmt: skip
POSITIONS = {kind.code: kind.name for kind in POSITION_KINDS}


@dataclass(frozen=True)
class FacetKind:
    """A part of an epoch's caption.

    Attributes
    ----------
    name : str
    title : str
        For people.
    channels : tuple of str
        What it is told from: an epoch in which none of these was recorded has no such caption. Eyes belong to
        the brain, and snoring to breathing, since each alone is told of there.
    measured : bool
        Whether it is measured from the signals; what was scored of an epoch is not.
    """

    name: str
    title: str
    channels: tuple[str, ...]
    measured: bool = True


FACET_KINDS = {
    kind.name: kind
    for kind in (
        FacetKind("stage_event", "Stage and events", ("EOG_L", "EOG_R", "C3", "C4"), measured=False),
        FacetKind("brain", "Brain", ("C3", "C4", "EOG_L", "EOG_R")),
        FacetKind("cardiac", "Heart", ("ECG", "SPO2")),
        FacetKind("respiratory", "Breathing", ("AF", "THX", "ABD", "SNORE")),
        FacetKind("somatic", "Muscle and position", ("EMG_CHIN", "LEG_L", "LEG_R", "POS")),
    )
}
FACETS = tuple(FACET_KINDS)
SUMMARY = "summary"  # the caption of an epoch from all of its facets
