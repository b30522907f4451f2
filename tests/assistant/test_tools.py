from dataclasses import replace

import numpy as np
import pytest
from fakes_model import FakeEncoder
from study_fake import fake_study

from assistant.evidence import MAX_CITATIONS, Context, citations, merge
from assistant.slots import read_slots
from assistant.tools import TOOLS, Call
from assistant.tools.likeness import alike
from sleeplm.night import Event


def _run(call, question="", study=None, **kwargs):
    study = study or fake_study()
    slots = read_slots(question, study.start_clock, study.recording["duration_s"])
    return call.run(Context(study, slots=slots, **kwargs))


def _values(evidence):
    return {f.id: f.value for f in evidence.facts}


def test_deep_sleep_is_told_with_its_share():
    assert _values(_run(Call("facts", ("n3_min",)))) == {"n3_min": 4.0, "n3_pct": 28.6}


def test_longest_wake_before_sleep_is_told_with_the_longest_within():
    values = _values(_run(Call("longest", ("W",))))
    assert (values["longest_wake_min"], values["longest_wake_in_sleep_min"]) == (5.0, 1.0)
    assert values["longest_wake_min_when"] == "from 23:00 to 23:05 (epochs 1 to 10), before sleep onset"
    assert "before" not in values["longest_wake_in_sleep_min_when"]


def test_a_wake_that_is_the_longest_in_both_senses_is_told_once():
    study = fake_study()
    (within,) = [f for f in study.facts if f.id == "longest_wake_in_sleep_min"]
    study.facts = [replace(within, id="longest_wake_min"), within]
    values = _values(_run(Call("longest", ("W",)), study=study))
    assert list(values) == ["longest_wake_min", "longest_wake_min_when"]
    assert values["longest_wake_min_when"].endswith(
        "(epochs 29 to 30), between sleep onset and the final awakening"
    )


def test_around_a_time_stages_and_events_are_told():
    evidence = _run(Call("at", ("23:06",)), "around 23:06?")
    told = _values(evidence)
    assert told["around_stages"].endswith("the stages were wake for 1.5 min, then N2 for 3.5 min")
    assert told["around_events"] == "the events there were 1 hypopnea"
    assert "epoch 13" in told["epoch_13"]
    assert told["measured_13"] == "Brain words 13. Beats"


@pytest.mark.parametrize(
    ("call", "question", "words"),
    [
        (Call("at", ("05:00",)), "at 05:00", "05:00 is outside this study: it runs from 23:00 to 23:20"),
        (Call("epoch", ("41",)), "epoch 41", "Epoch 41 is outside this study: it has epochs 1 to 40."),
        (Call("window", ("3", "99")), "epochs 3 to 99", "Epoch 99 is outside"),
        (Call("similar", ("0",)), "epoch 0", "Epoch 0 is outside"),
    ],
)
def test_what_is_outside_the_study_is_said_to_be(call, question, words):
    evidence = _run(call, question)
    assert evidence.unavailable
    assert words in evidence.declined


def test_no_clock_no_clock_times():
    evidence = _run(Call("at", ("02:00",)), "at 02:00", fake_study(start_clock=None))
    assert "carries no clock time" in evidence.declined


def test_events_that_nobody_looked_for_are_unknown_not_zero():
    (fact,) = _run(Call("events", ("arousal",))).facts
    assert fact.value is None
    assert "unknown, not zero" in fact.text


def test_events_whose_signal_was_not_recorded_are_said_so():
    (fact,) = _run(Call("events", ("leg_movement",))).facts
    assert fact.value is None
    assert "no left leg EMG or right leg EMG was recorded" in fact.text


def test_events_that_were_looked_for_and_not_found_are_zero():
    (fact,) = _run(Call("events", ("apnea_obstructive",))).facts
    assert fact.value == 0


def test_events_are_counted_by_stage():
    values = _values(_run(Call("events", ("hypopnea",))))
    assert values["hypopnea_count"] == 1
    assert values["hypopnea_count_when"] == "it began at 23:06:05 and lasted 20 s; by stage: 1 in N2"
    assert _values(_run(Call("events", ("hypopnea", "R"))))["hypopnea_count_r"] == 0


def test_a_stage_is_told_with_its_stretches():
    values = _values(_run(Call("stages", ("W",))))
    assert "in 2 stretches, the first from 23:00 to 23:05" in values["stage_w_min_when"]


def test_similar_leaves_the_neighbourhood_out():
    likeness = np.full(100, -1.0, dtype=np.float32)
    likeness[39:45] = 1.0
    likeness[79:85] = 0.9
    likeness[60] = 0.5
    spans = alike(likeness, 42)
    assert spans == [(80, 85)]
    assert all(abs(n - 42) > 10 for first, last in spans for n in (first, last))


def test_a_recording_too_short_to_compare_says_so():
    assert "too short" in _run(Call("similar", ("5",)), study=_shortened()).declined


def _shortened():
    study = fake_study()
    study.n_epochs, study.embeddings = 8, study.embeddings[:8]
    return study


def test_nothing_about_stages_where_nothing_was_staged():
    study = fake_study(staged=False)
    for call in (Call("stages", ("R",)), Call("longest", ("N2",))):
        (fact,) = _run(call, study=study).facts
        assert (fact.value, fact.text) == (None, "Two minutes are too few to stage.")
    told = _values(_run(Call("epoch", ("2",)), study=study))
    assert "is not staged" in told["epoch_2"]
    assert told["measured_2"].startswith("Brain words 2")


class _Encoder(FakeEncoder):
    dense = True

    def localize(self, phrase, patches):
        return np.zeros(40), [(60.0, 95.0, 0.8)]


def test_a_phrase_is_found_where_the_encoder_says():
    evidence = _run(Call("find", ("slow waves",)), load_encoder=lambda: _Encoder(8))
    assert evidence.facts[0].epochs == ((3, 4),)
    refused = _run(Call("find", ("oxygen drops",)), load_encoder=lambda: _Encoder(8))
    assert "was not recorded" in refused.facts[0].text


def test_spindles_that_nobody_scored_are_looked_for_in_the_signals():
    evidence = _run(Call("events", ("spindle",)), load_encoder=lambda: _Encoder(8))
    assert [f.epochs for f in evidence.told] == [((3, 4),)]
    assert "not scored" in evidence.absent[0].text


def test_a_study_of_another_network_is_not_searched():
    evidence = _run(Call("find", ("slow waves",)), load_encoder=lambda: _Encoder(8, "other"))
    assert "embedded by another network" in evidence.declined
    assert "no SleepLM is loaded" in _run(Call("find", ("slow waves",))).declined


def test_what_was_recorded_and_what_is_missing():
    values = _values(_run(Call("signals")))
    assert "left central EEG (C3)" in values["recorded"]
    assert "oxygen saturation" in values["missing"]


def test_a_reading_stands_beside_the_scoring():
    study = fake_study(channels=("EOG_L", "C3", "EMG_CHIN"))
    values = _values(_run(Call("look", ("2",)), study=study, read_epoch=lambda n: "deep sleep (N3)"))
    assert "is scored wake" in values["epoch_2"]
    assert "looks like deep sleep (N3)" in values["reading_2"]


def test_no_reading_without_its_projector_or_signals():
    assert _values(_run(Call("look", ("2",))))["reading_2"] is None
    (unread,) = _run(Call("look", ("2",)), read_epoch=lambda n: "wake").absent
    assert "only from EEG, eye movements and chin EMG" in unread.text


def test_citations_are_the_longest_stretches():
    evidence = _run(Call("facts", ("tst_min",)))
    found = citations(evidence.told)
    assert len(found) <= MAX_CITATIONS * len(evidence.told)
    assert found[0].epochs == (11, 28)
    assert (found[0].start_s, found[0].end_s) == (300.0, 840.0)


def test_merged_evidence_tells_each_fact_once():
    one = _run(Call("facts", ("n3_min",)))
    assert len(merge([one, one]).facts) == 2


def test_every_tool_has_a_label():
    for name, arguments in {
        "facts": ("tst_min",),
        "events": ("apnea", "R"),
        "window": ("1", "2"),
        "overview": (),
    }.items():
        assert Call(name, arguments).label
    assert Call("window", ("1", "2")).named() == {"begin": "1", "end": "2"}
    assert Call("facts", ("a", "b")).named() == {"ids": ["a", "b"]}
    assert set(TOOLS) >= {"facts", "at", "decline"}


def test_thousands_of_micro_events_are_told_as_counts_and_hide_no_other_event():
    study = fake_study()
    waves = tuple(Event("slow_wave", 0.4 * n, 0.3, ("C3",), "automatic") for n in range(3000))
    study.scoring = replace(
        study.scoring,
        events=tuple(sorted((*study.scoring.events, *waves), key=lambda e: e.start_s)),
        event_sources={**study.scoring.event_sources, "slow_wave": "automatic"},
    )
    assert _values(_run(Call("events", ("any",)), study=study))["any_count"] == 1
    around = _values(_run(Call("at", ("23:06",)), "What happened around 23:06?", study=study))
    assert around["around_events"] == "the events there were 750 slow waves, 1 hypopnea"
    assert max(len(str(v)) for v in around.values()) < 400
    counted = _run(Call("events", ("slow_wave",)), study=study)
    assert _values(counted)["slow_wave_count"] == 3000 and len(citations(counted.facts)) <= 2 * MAX_CITATIONS
