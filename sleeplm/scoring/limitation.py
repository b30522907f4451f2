"""Flow limitation: flattened inspirations, and the respiratory effort-related arousals (RERAs) that end them."""

import re

import numpy as np

from sleeplm.kinds.events import APNEAS_HYPOPNEAS
from sleeplm.kinds.sources import EXPERT
from sleeplm.kinds.stages import SLEEP_STAGES
from sleeplm.night import Event, Scoring
from sleeplm.recording.protocol import NightSignals
from sleeplm.scoring.detections import Detections, margin
from sleeplm.scoring.flattening import FLATTENED, Inspirations, inspirations
from sleeplm.scoring.respiration import AROUSAL_REACH_S
from sleeplm.scoring.usable import read_usable, searched_epochs
from sleeplm.units import EPOCH_S, MODEL_SFREQ_HZ

SOURCE = "sleeplm respiration"
RULE = "AASM RERA rule: flattened inspirations for 10 s or more that an arousal ends, no apnea or hypopnea"
MIN_SFREQ_HZ = 16.0  # eight samples of the shortest inspiration: less has no shape
LEAST_S, LEAST_BREATHS = 10.0, 3
_APART_S = 10.0  # from one inspiration to the next of a run: what is longer is a pause, or a breath not seen
_AFTER_BREATHS = 3  # among these the airway opens again, or the signal is flat for another reason
# Of a night's inspirations: where most are flattened the sensor cuts them, or it tells nothing of single breaths.
_MOST = 0.5
_THERMAL = re.compile(r"therm", re.IGNORECASE)


def limitation_of(recording: NightSignals) -> Inspirations | None:
    """The inspirations of a recording's flow; None where their shape cannot be judged.

    A thermal sensor does not follow the shape of flow, nor does a signal under 16 Hz; belts are no flow.
    """
    channel = recording.channels.get("AF")
    if channel is None or channel.sfreq_hz < MIN_SFREQ_HZ or _THERMAL.search(channel.label):
        return None
    flow = np.nan_to_num(read_usable(recording, "AF", MODEL_SFREQ_HZ))
    breaths = inspirations(flow) if flow.any() else None
    return None if breaths is None or not len(breaths.index) or breaths.flattened.mean() > _MOST else breaths


def rera_events(recording: NightSignals, scoring: Scoring) -> Detections:
    """RERAs of a recording, from the shape of its flow and the arousals and respiratory events of its scoring.

    Where an expert scored the breathing nothing is added: whether there are RERAs was the expert's to say.
    """
    sources = {scoring.event_sources[t] for t in APNEAS_HYPOPNEAS if scoring.was_scored(t)}
    if not scoring.was_scored("arousal") or not scoring.was_scored("hypopnea") or EXPERT in sources:
        return Detections()
    breaths = limitation_of(recording)
    if breaths is None:
        if "AF" not in recording.channels:
            return Detections()
        why = "The airflow does not show the shape of inspirations; RERAs are not scored."
        return Detections(warnings=(why,))
    searched = searched_epochs(recording, "AF") & scoring.searched_for(("arousal",), recording.n_epochs)
    return Detections(reras(breaths, scoring), ("rera",), searched=searched)


def reras(breaths: Inspirations, scoring: Scoring) -> list[Event]:
    """Runs of flattened inspirations that an arousal ends.

    A run lasts 10 s or more and holds three inspirations or more, each flattened (index at most .15); an arousal
    begins within 5 s of the end of the last; of the three inspirations after it one is not flattened; no apnea or
    hypopnea touches it or has the same arousal, and where stages are known it begins in sleep.

    Parameters
    ----------
    breaths : Inspirations
        Of the night.
    scoring : Scoring
        Its arousals, apneas and hypopneas, and its stages where there are any.

    Returns
    -------
    list of Event
        In order of start. `Event.confidence` tells how flat the inspirations are (their mean index): .5 for .15, 1
        for a rectangle. It is no probability.
    """
    taken = np.array([(e.start_s, e.end_s + AROUSAL_REACH_S) for e in scoring.events_of(*APNEAS_HYPOPNEAS)])
    taken = taken.reshape(-1, 2)
    flat = breaths.flattened
    found: list[Event] = []
    for arousal in scoring.events_of("arousal"):
        after = int(np.searchsorted(breaths.end_s, arousal.start_s + AROUSAL_REACH_S, side="right"))
        last = after - 1
        while last >= 0 and not flat[last] and breaths.end_s[last] > arousal.start_s - AROUSAL_REACH_S:
            last -= 1  # the deep breaths of the arousal itself
        if last < 0 or not flat[last] or breaths.end_s[last] < arousal.start_s - AROUSAL_REACH_S:
            continue
        first = last
        while first > 0 and flat[first - 1] and breaths.start_s[first] - breaths.start_s[first - 1] <= _APART_S:
            first -= 1
        start_s, end_s = float(breaths.start_s[first]), float(max(breaths.end_s[last], arousal.start_s))
        opened = ~flat[last + 1 : last + 1 + _AFTER_BREATHS]
        if end_s - start_s < LEAST_S or last - first + 1 < LEAST_BREATHS or not opened.any():
            continue
        if np.any((taken[:, 0] < end_s) & (taken[:, 1] > start_s)) or not _asleep(scoring, start_s):
            continue
        if found and found[-1].end_s > start_s:
            continue
        sure = margin(float(breaths.index[first : last + 1].mean()), FLATTENED, 0.0)
        channels = tuple(dict.fromkeys(("AF", *arousal.channels)))
        found.append(Event("rera", start_s, end_s - start_s, channels, SOURCE, sure, RULE))
    return found


def _asleep(scoring: Scoring, at_s: float) -> bool:
    """Whether a moment lies in sleep; where nothing is staged it may."""
    if scoring.hypnogram_source is None:
        return True
    epoch = int(at_s // EPOCH_S)
    return epoch < len(scoring.hypnogram) and scoring.hypnogram[epoch] in SLEEP_STAGES
