"""What is measured in every epoch of a night, by facet."""

from sleeplm.captions.features.brain import brain_features
from sleeplm.captions.features.cardiac import cardiac_features
from sleeplm.captions.features.events import event_features
from sleeplm.captions.features.faults import add_faults
from sleeplm.captions.features.respiratory import respiratory_features
from sleeplm.captions.features.somatic import somatic_features
from sleeplm.captions.features.stage_evidence import stage_evidence
from sleeplm.night import Scoring
from sleeplm.recording.epochs import Epochs


def attributes_of_night(recording, epochs: Epochs, scoring: Scoring) -> list[dict[str, dict]]:
    """What is measured in every epoch, by facet: the part of `caption_night` that no seed changes.

    Parameters
    ----------
    recording : Recording
    epochs : Epochs
        As `cut_epochs` gives them.
    scoring : Scoring

    Returns
    -------
    list of dict of str to dict
        By epoch, then facet; JSON-ready, each number rounded as it is printed. The keys are those of each facet's
        own function, and besides ``faults`` (see `add_faults`) and, of the stage, ``supports`` (see
        `stage_evidence`). A facet of which nothing was recorded is absent.
    """
    by_facet = {
        "stage_event": event_features(recording, epochs, scoring),
        "brain": brain_features(recording, epochs, scoring),
        "cardiac": cardiac_features(recording, epochs, scoring),
        "respiratory": respiratory_features(recording, epochs),
        "somatic": somatic_features(recording, epochs, scoring),
    }
    add_faults(by_facet, recording)
    night = [{facet: rows[e] for facet, rows in by_facet.items() if rows[e]} for e in range(len(epochs))]
    for row in night:
        if marks := stage_evidence(row):
            row["stage_event"]["supports"] = marks
    return night
