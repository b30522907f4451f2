"""Claims about signals that the network was not given are guesses: their sentences are cut from its captions."""

import re
from collections.abc import Iterable

# Topic of a sentence -> the channels that support it, any one of them. The network has no oximeter, legs or snore
# sensor among its inputs, so nothing supports these.
_EEG, _EOG, _BREATH = ("C3", "C4"), ("EOG_L", "EOG_R"), ("AF", "THX", "ABD")
_TOPICS = tuple(
    (re.compile(rf"\b(?:{pattern})", re.IGNORECASE), channels)
    for pattern, channels in (
        (r"sp ?o ?2\b|sa ?o ?2\b|oxygen|o2\b|saturation|\w*saturat|hypox|oximet", ()),
        (r"legs?\b|limbs?\b|plms?\b|plmd\b|tibial", ()),
        (r"snor", ()),
        (r"co2\b|capno|carbon dioxide|body temperature", ()),
        (r"c3\b|left central", ("C3",)),
        (r"c4\b|right central", ("C4",)),
        (r"eeg\b|electroenceph|delta\b|theta\b|alpha\b|beta\b|sigma\b|gamma\b|spindle|k[- ]?complex|slow[- ]wave"
         r"|brain|cortical|arousal", _EEG),
        (r"left (?:eog|eye|ocular)|eog[-_ ]?l\b|e1\b", ("EOG_L",)),
        (r"right (?:eog|eye|ocular)|eog[-_ ]?r\b|e2\b", ("EOG_R",)),
        (r"eogs?\b|electrooculo|eyes?\b|ocular|saccad", _EOG),
        (r"ecg\b|ekg\b|electrocardio|heart|cardiac|beats?\b|pulse\b|hrv\b|rmssd\b|r-r\b|rr interval|\w+cardia"
         r"|sinus|arrhythm|asystol", ("ECG",)),
        (r"thora|chest|rib ?cage", ("THX",)),
        (r"abdom|belly belt", ("ABD",)),
        (r"air ?flow|nasal|cannula|inspiratory flow|flow\b", ("AF",)),
        (r"respir|breath|apn(?:o)?ea|hypopn(?:o)?ea|ventilat|inspir|expir|rera\b|cheyne|effort", _BREATH),
        (r"chin|emg\b|electromyo|muscle|muscular|submental|atonia|tonus", ("EMG_CHIN",)),
        (r"position|supine|prone\b|lateral decub|upright|on (?:his|her|their|the) (?:back|stomach|belly|side)"
         r"|(?:left|right) side|lying|body", ("POS",)),
        (r"sleep[- ]stage|stage\b|wake|awake|wakefulness|n[123]\b|n?rem\b|rapid eye movement sleep|light sleep"
         r"|deep sleep|drows", _EEG + _EOG),
    )
)  # fmt: skip
_REM_SLEEP = re.compile(r"\b(?:non[- ])?rapid[- ]eye[- ]movement(?:[- ]sleep)?(?!s)", re.IGNORECASE)
_SENTENCE_ENDS = re.compile(r"(?<=[.!?;])\s+|\n+")


def cut_unsupported_claims(text: str, recorded: Iterable[str]) -> str:
    """A caption without the sentences that speak of what was not recorded.

    A sentence that names nothing ("It falls to 88.") goes on about what the one before it named, and shares its
    fate.

    Parameters
    ----------
    text : str
    recorded : iterable of str
        Canonical names of the channels that the network was given.
    """
    recorded, supported, is_supported = set(recorded), [], True
    for sentence in _SENTENCE_ENDS.split(text.strip()):
        topics = [channels for pattern, channels in _TOPICS if pattern.search(_REM_SLEEP.sub("REM", sentence))]
        if topics:
            is_supported = all(recorded.intersection(channels) for channels in topics)
        if is_supported and sentence:
            supported.append(sentence)
    return " ".join(supported)
