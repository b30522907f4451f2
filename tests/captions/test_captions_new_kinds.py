"""A new type of event needs its row alone to be captioned, searched for and read back."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CODE = """
from sleeplm.kinds import events

WAVE = events.EventKind(
    "k_complex", "K-complex", "K-complexes", "brain", "#000000", ("K-complex",), ("K-complex",), micro=True
)
EPISODE = events.EventKind(
    "bruxism", "bruxism", "Episodes of bruxism", "chin", "#000000", ("bruxism episode",), ("teeth grinding",),
    absence=True,
)
events.EVENT_KINDS |= {WAVE.id: WAVE, EPISODE.id: EPISODE}
events.EVENT_TYPES += (WAVE.id, EPISODE.id)
events.MICRO_EVENTS += (WAVE.id,)
events.EVENT_CHANNELS |= {WAVE.id: WAVE.channels, EPISODE.id: EPISODE.channels}

import numpy as np
from sleeplm import captions
from sleeplm.kinds.channels import CHANNEL_NAMES
from sleeplm.night import Event, Scoring
from tests.captions.conftest import MadeRecording, made_signals
from sleeplm.recording.epochs import cut_epochs

recording = MadeRecording(made_signals(40), 40)
scored = {kind: "expert" for kind in (WAVE.id, EPISODE.id)}
found = (Event(WAVE.id, 33.0, 1.0), Event(WAVE.id, 41.0, 1.0), Event(EPISODE.id, 40.0, 5.0))
scoring = Scoring(("N2",) * 40, "expert", found, scored)
night = captions.attributes_of_night(recording, cut_epochs(recording), scoring)
for row in captions.render_captions(night, full=True)[1:3]:
    assert all(captions.read_back(caption.text, facet) == caption.claims for facet, caption in row.items())
    print(row["brain"].text, row["stage_event"].text)
print(captions.training_phrases(night[1]), captions.spans_of(night[1]))
assert night[1]["brain"]["k_complexes_n"] == 2 and night[2]["stage_event"]["looked_for"] == [EPISODE.id]
assert not captions.with_channels(night[2], ["C3"])["stage_event"]["looked_for"]
"""


def test_a_new_type_of_event_is_captioned_searched_for_and_read_back_by_its_row_alone():
    done = subprocess.run([sys.executable, "-c", CODE], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "two k-complexes" in done.stdout.lower() and "no bruxism episodes" in done.stdout.lower()
    assert "'teeth grinding'" in done.stdout and "(11.0, 12.0, 'K-complex')" in done.stdout
