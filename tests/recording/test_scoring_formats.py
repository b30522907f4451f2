import re
from collections import Counter
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scoring_helpers import night, refusal

from sleeplm.errors import NoOverlapError
from sleeplm.kinds.stages import Stage
from sleeplm.recording.annotations import read_scoring
from sleeplm.recording.annotations.clock import clock_s, on_one_line

in_a_folder = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
REMLOGIC = (
    "RemLogic Event Export\nPatient:\tJANE SMITH\nPatient ID:\t\nRecording Date:\t28/01/2010\n\nEvents Included:\n"
    "SLEEP-S0\n\nSleep Stage\tPosition\tTime [hh:mm:ss]\tEvent\tDuration[s]\tLocation\n"
)


def of_remlogic(clock: datetime, event: str, length_s: float) -> str:
    return f"W\tSupine\t{clock:%H.%M.%S}\t{event}\t{length_s:g}\tEEG-C3-A2\n"


def test_remlogic_export_of_a_real_night_with_its_cap_phases(data):
    scoring = read_scoring(data / "scorings/remlogic_cap_brux1.txt", night(1031, "22:18:17", "2010-01-28"))
    assert Counter(map(str, scoring.hypnogram)) == {"W": 106, "N1": 91, "N2": 482, "N3": 167, "R": 179, "?": 6}
    assert scoring.hypnogram[12:16] == (Stage.W, Stage.N1, Stage.N1, Stage.W)
    assert {e.type for e in scoring.events} == {"other"}
    assert Counter(e.label for e in scoring.events) == {"MCAP-A1": 207, "MCAP-A2": 35, "MCAP-A3": 145}
    first = scoring.events[0]
    assert (first.label, first.start_s, first.duration_s) == ("MCAP-A3", 690, 3)
    assert scoring.warnings == () and set(scoring.event_sources) == {"other"}


def test_remlogic_of_a_recording_that_began_after_midnight_is_laid_by_the_clock(data):
    scoring = read_scoring(data / "scorings/remlogic_cap_brux1.txt", night(60, "00:18:17"))
    assert len(scoring.hypnogram) == 60 and Stage.UNSCORED not in scoring.hypnogram
    with pytest.raises(NoOverlapError):
        read_scoring(data / "scorings/remlogic_cap_brux1.txt", night(60, "12:00:00"))


@in_a_folder
@given(
    words=st.lists(st.sampled_from(["SLEEP-S0", "SLEEP-S2", "SLEEP-S4", "SLEEP-REM"]), min_size=1, max_size=60),
    second=st.integers(0, 86399),
)
def test_remlogic_stages_come_back_whatever_the_hour_they_begin(write, words, second):
    begin = datetime(2010, 1, 28) + timedelta(seconds=second)
    rows = [of_remlogic(begin + timedelta(seconds=30 * i), word, 30) for i, word in enumerate(words)]
    scoring = read_scoring(write(REMLOGIC + "".join(rows), "a.txt"), night(len(words), f"{begin:%H:%M:%S}"))
    assert scoring.hypnogram == tuple(
        {"0": Stage.W, "2": Stage.N2, "4": Stage.N3, "M": Stage.R}[word[-1]] for word in words
    )


def test_remlogic_keeps_names_and_unknown_words_to_itself(write):
    clock = datetime(2010, 1, 28, 23, 0, 10)
    rows = of_remlogic(clock, "APNEA-OBSTRUCTIVE", 12.5) + of_remlogic(clock, "Mrs Smith coughs", 1)
    scoring = read_scoring(write(REMLOGIC + rows, "a.txt"), night(4))
    assert [(e.type, e.start_s, e.duration_s) for e in scoring.events] == [("apnea_obstructive", 10, 12.5)]
    assert "one mark with an unknown word" in scoring.warnings[0] and "mith" not in repr(scoring).lower()


@pytest.mark.parametrize("row", ["W\tx\t25.00.00\tSLEEP-S0\t30\n", "W\tx\t23.00.00\tSLEEP-S0\t-1\n", "W\tx\n"])
def test_remlogic_rows_without_sound_times_are_refused_by_number(write, row):
    good = of_remlogic(datetime(2010, 1, 28, 23), "SLEEP-S0", 30)
    assert "Row 2" in refusal(write(REMLOGIC + good + row, "a.txt"))
    assert "without any event" in refusal(write(REMLOGIC, "a.txt"))


@given(st.integers(0, 86399), st.lists(st.integers(0, 40_000), min_size=1, max_size=20))
def test_clock_times_of_a_night_lie_on_one_line_in_any_order(begin, after):
    origin, offsets = on_one_line([float((begin + t) % 86400) for t in after])
    assert offsets == [t - min(after) for t in after]
    assert origin.hour * 3600 + origin.minute * 60 + origin.second == (begin + min(after)) % 86400


def test_clock_times_in_every_spelling():
    assert [clock_s(t) for t in ("6.53.17", "06:53:17", "6:53:17.5 AM", "12:00:01 am", "10:00:00 PM")] == [
        24797, 24797, 24797.5, 1, 79200,
    ]  # fmt: skip
    assert {clock_s(t) for t in ("24:00:00", "1.2", "13:00:00 PM", "23:60:00", "6.53:17", "")} == {None}


def profusion(stages, events=(), epoch_s="30") -> str:
    scored = "".join(
        f"<ScoredEvent><LowestSpO2>90</LowestSpO2><Name>{name}</Name><Start>{start}</Start>"
        f"<Duration>{length}</Duration><Input>SaO2</Input></ScoredEvent>"
        for name, start, length in events
    )
    numbers = "".join(f"<SleepStage>{s}</SleepStage>" for s in stages)
    return (
        f'<?xml version="1.0" encoding="utf-8"?><CMPStudyConfig><EpochLength>{epoch_s}</EpochLength>'
        "<ScoredEventSettings><ScoredEventSetting><Name>Obstructive Apnea</Name></ScoredEventSetting>"
        f"</ScoredEventSettings><ScoredEvents>{scored}</ScoredEvents><SleepStages>{numbers}</SleepStages>"
        "</CMPStudyConfig>"
    )


def test_profusion_xml(write):
    events = [("SpO2 desaturation", 42.4, 13.4), ("Arousal (ARO SPONT)", 100, 5.5), ("Obstructive Apnea", 12, 20)]
    scoring = read_scoring(write(profusion([0, 1, 2, 3, 4, 5, 9], events), "a.xml"), night(7))
    assert "".join(map(str, scoring.hypnogram)) == "WN1N2N3N3R?" and scoring.warnings == ()
    assert [(e.type, e.start_s, e.duration_s) for e in scoring.events] == [
        ("apnea_obstructive", 12, 20), ("desaturation", 42.4, 13.4), ("arousal", 100, 5.5),
    ]  # fmt: skip


def test_profusion_epochs_of_another_length_and_of_another_night(write):
    scoring = read_scoring(write(profusion([0] * 3 + [2] * 3, epoch_s="20"), "a.xml"), night(4))
    assert scoring.hypnogram == (Stage.W, Stage.W, Stage.N2, Stage.N2) and scoring.warnings == ()
    refusal(write(profusion([2] * 100), "a.xml"), night(40), NoOverlapError)
    for length in ("0", "x", "1e9"):
        assert "length" in refusal(write(profusion([0], epoch_s=length), "a.xml"))


def test_profusion_counts_what_it_does_not_know(write):
    path = write(profusion([0, 7, "John", 2], [("Doe, John", 3, 4), ("Hypopnea", 30, 12)]), "a.xml")
    scoring = read_scoring(path, night(4))
    assert scoring.hypnogram == (Stage.W, Stage.UNSCORED, Stage.UNSCORED, Stage.N2)
    assert [e.type for e in scoring.events] == ["hypopnea"] and "John" not in repr(scoring)
    assert any("one mark" in w for w in scoring.warnings) and any("2 epochs" in w for w in scoring.warnings)


def test_profusion_xml_refuses_bombs_and_events_without_time(write):
    bomb = '<!DOCTYPE a [<!ENTITY x "xx"><!ENTITY y "&x;&x;">]><CMPStudyConfig>&y;</CMPStudyConfig>'
    assert "sound XML" in refusal(write(bomb, "a.xml"))
    assert "Event 1" in refusal(write(profusion([0], [("Hypopnea", "soon", 3)]), "a.xml"))
    assert "neither stages nor events" in refusal(write(profusion([]), "a.xml"))


ANNOT = """# arousal | scored by JANE SMITH | by[txt]
# N2
class\tinstance\tchannel\tstart\tstop\tmeta
W\t.\t.\te:1\t.\t.
N2\t.\t.\te:2\te:3\t.
R\t.\t.\t90\t120\t.
arousal\t1\tC3\t12.5\t+4\tby=JANE
hypopnea:obstructive\t.\t.\t0+00:01:05\t80\t.
SpO2 desat\t.\t.\t70\t...\t.
lights_on\t.\t.\t119\t.\t.
JANE\t.\t.\t20\t21\t.
"""


def test_luna_annot_in_seconds_epochs_and_elapsed_time(write):
    scoring = read_scoring(write(ANNOT, "a.annot"), night(4))
    assert scoring.hypnogram == (Stage.W, Stage.N2, Stage.N2, Stage.R) and scoring.lights_on_s == 119
    assert [(e.type, e.start_s, e.duration_s) for e in scoring.events] == [
        ("arousal", 12.5, 4), ("hypopnea", 65, 15), ("desaturation", 70, 49),
    ]  # fmt: skip
    assert "one mark with an unknown word" in scoring.warnings[0] and "JANE" not in repr(scoring)
    assert read_scoring(write(ANNOT, "a.txt"), night(4)).events == scoring.events


@pytest.mark.parametrize(
    "rows",
    [
        "W 23:59:00 ...\nN2 23:59:30 00:00:30\nR 00:00:30 ...",
        "N2 23.59.30 +60\nR 00.00.30 +0:00:30\nW 23.59.00 +30",
        "SleepStage N2 23:59:30 +60\nSleepStage R 00:00:30 +30\nSleepStage W 23:59:00 +30",
        "N2\t31-12-99-23:59:30\t01-01-2000-00:00:30\nR\t01/Jan/00 00:00:30\t+30\nW\t31/12/99 23:59:00\t+30",
    ],
)
def test_luna_annot_clock_times_cross_midnight_in_any_order(write, rows):
    path = write(rows, "a.annot")
    there = (Stage.W, Stage.N2, Stage.N2, Stage.R)
    assert read_scoring(path, night(4, "23:59:00")).hypnogram == there
    assert read_scoring(path, night(5, "23:58:30")).hypnogram[1:] == there
    assert read_scoring(path, night(4, "23:59:00", "1999-12-31")).hypnogram == there


@in_a_folder
@given(
    st.lists(
        st.tuples(st.sampled_from(["arousal", "hypopnea", "plm"]), st.integers(0, 110_000), st.integers(0, 9000)),
        min_size=1, max_size=30,
    )
)  # fmt: skip
def test_luna_annot_comes_back_as_written(write, events):
    rows = "".join(f"{kind}\t{start / 100}\t{(start + length) / 100}\n" for kind, start, length in events)
    scoring = read_scoring(write(rows, "a.annot"), night(40))
    found = [(e.type, round(100 * e.start_s), round(100 * e.duration_s)) for e in scoring.events]
    assert sorted(found) == sorted(events)


def test_luna_stage_without_end_lasts_until_the_recording_ends(write):
    scoring = read_scoring(write("W 0 ...\nN2 30 ...\n", "a.annot"), night(4))
    assert scoring.hypnogram == (Stage.W, Stage.N2, Stage.N2, Stage.N2)


@pytest.mark.parametrize(
    "row",
    ["W 60", "W . . 60 90", "W x 90", "W 60 50", "W 60 +x", "W 60 23:00:00", "arousal 60 ...", "W e:0 .",
     "W 31-13-99-23:00:00 +3"],
)  # fmt: skip
def test_luna_rows_without_sound_times_are_refused_by_number(write, row):
    assert "Row 2" in refusal(write(f"W 0 30\n{row}\n", "a.annot"))


def test_luna_times_of_two_kinds_need_the_start_of_the_recording(write):
    path = write("W 0 30\nW 23:00:30 +30\n", "a.annot")
    assert "mixes" in refusal(path, night(4, clock=None))


@in_a_folder
@given(st.lists(st.sampled_from(Stage), min_size=1, max_size=40))
def test_luna_eannot_comes_back_as_written(write, stages):
    scoring = read_scoring(write("\n".join(["N1", *stages]), "a.eannot"), night(len(stages) + 1))
    assert scoring.hypnogram == (Stage.N1, *stages) and scoring.warnings == ()


@pytest.mark.parametrize(
    ("labels", "lights"),
    [
        ("LWN2L", (30, 90)),
        ("WWN2R", (None, None)),
        ("WLN2R", (None, None)),
        ("LLN2R", (60, None)),
        ("WN2RL", (None, 90)),
    ],
)
def test_luna_epochs_with_lights_on_tell_when_lights_went_off_and_on(write, labels, lights):
    words = re.findall(r"[A-Z]\d?", labels)
    rows = "".join(f"SleepStage {word} {30 * i} {30 * i + 30}\n" for i, word in enumerate(words))
    for path in (write("\n".join(words), "a.eannot"), write(rows, "a.annot")):
        scoring = read_scoring(path, night(4))
        assert (scoring.lights_off_s, scoring.lights_on_s) == lights
        assert [s is Stage.UNSCORED for s in scoring.hypnogram] == [word == "L" for word in words]
        assert not any("unknown" in warning for warning in scoring.warnings)


def test_luna_eannot_counts_labels_that_are_no_stage(write):
    scoring = read_scoring(write("W\narousal\nJohn Doe\n.\n", "a.eannot"), night(4))
    assert scoring.hypnogram == (Stage.W, *[Stage.UNSCORED] * 3) and scoring.events == ()
    assert "2 epochs with an unknown stage" in scoring.warnings[0] and "John" not in repr(scoring)
    assert "# 0=W" in refusal(write("0\n1\n2\n3\n", "a.eannot"))
    refusal(write("John Doe\n", "a.eannot"))
    refusal(write("N2\n" * 100, "a.eannot"), night(40), NoOverlapError)


@pytest.mark.parametrize("day", ["01-01-9999", "01-01-0001", "30-Feb-20", "01-Foo-20"])
def test_luna_dates_of_no_night_are_refused(write, day):
    assert "Row 1" in refusal(write(f"W {day}-23:00:00 +99999999\n", "a.annot"))


def test_luna_open_stage_beyond_all_time_leaves_the_others_alone(write):
    scoring = read_scoring(write("W 0 30\nN2 30 60\nR 1e12 ...\n", "a.annot"), night(2))
    assert scoring.hypnogram == (Stage.W, Stage.N2) and "one mark" in scoring.warnings[0]


BIDS = "onset\tduration\tsample\ttrial_type\tvalue\n"


def test_bids_events(write):
    rows = (
        "0\t30\t0\tSleep stage W\t0\n30.0\t90.0\t7680\tSleep stage N2\t2\n42.5\tn/a\t1\tarousal\tn/a\n"
        "50\t10.25\t1\tapnea_central\tn/a\nn/a\tn/a\t1\tn/a\tn/a\n60\t1\t1\tJane: stop, pressed\t9\n"
    )
    scoring = read_scoring(write(BIDS + rows, "sub-01_task-sleep_events.tsv"), night(4))
    assert scoring.hypnogram == (Stage.W, Stage.N2, Stage.N2, Stage.N2)
    assert [(e.type, e.start_s, e.duration_s) for e in scoring.events] == [
        ("arousal", 42.5, 0), ("apnea_central", 50, 10.25),
    ]  # fmt: skip
    assert "one mark with an unknown word" in scoring.warnings[0] and "Jane" not in repr(scoring)


@in_a_folder
@given(st.lists(st.tuples(st.integers(0, 110_000), st.none() | st.integers(0, 9000)), min_size=1, max_size=30))
def test_bids_events_come_back_as_written(write, events):
    rows = "".join(f"{a / 100}\t{'n/a' if d is None else d / 100}\t0\tdesaturation\tn/a\n" for a, d in events)
    found = read_scoring(write(BIDS + rows, "events.tsv"), night(40)).events
    assert sorted((round(100 * e.start_s), round(100 * e.duration_s)) for e in found) == sorted(
        (a, d or 0) for a, d in events
    )


@pytest.mark.parametrize("row", ["n/a\t3\t0\tarousal\t1", "1\t-1\t0\tarousal\t1", "1\tlong\t0\tarousal\t1", "1\t2"])
def test_bids_rows_without_sound_times_are_refused_by_number(write, row):
    assert "Row 2" in refusal(write(f"{BIDS}1\t2\t0\tarousal\t1\n{row}\n", "events.tsv"))


def test_bids_events_without_events_mark_nothing_as_scored(write):
    scoring = read_scoring(write(BIDS, "events.tsv"), night(4))
    assert (scoring.events, dict(scoring.event_sources)) == ((), {}) and scoring.warnings


def test_visbrain_hypnogram_of_stages_and_their_ends(write):
    head = "*Duration_sec\t150.0\n*Datafile\t/home/jane/n.edf\n"
    scoring = read_scoring(write(head + "Wake\t30.0\nArt\t60\nREM\t120\nN1\t150\n", "h.txt"), night(5))
    assert scoring.hypnogram == (Stage.W, Stage.UNSCORED, Stage.R, Stage.R, Stage.N1) and scoring.warnings == ()
    for row in ("Jane\t60", "N2\t30", "N2\tsoon", "N2"):
        sentence = refusal(write(f"*Duration_sec\t60\nWake\t30\n{row}\n", "h.txt"))
        assert "Row 2" in sentence and "Jane" not in sentence


ELAN = "time_base {}\nsampling_period 0.0039\nepoch_nb 120\nepoch_list\n"


def test_elan_hypnogram_of_a_number_a_second(write):
    numbers = [0] * 30 + [1] * 20 + [4] * 40 + [5] * 30
    scoring = read_scoring(write(ELAN.format("1.000000") + "\n".join(map(str, numbers)), "h.hyp"), night(4))
    assert scoring.hypnogram == (Stage.W, Stage.N1, Stage.N3, Stage.R) and scoring.warnings == ()
    odd = read_scoring(write(ELAN.format(30) + "0\n7\nJane\n5\n", "h.hyp"), night(4))
    assert odd.hypnogram == (Stage.W, Stage.UNSCORED, Stage.UNSCORED, Stage.R)
    assert "2 epochs with an unknown stage" in odd.warnings[0] and "Jane" not in repr(odd)
    assert "length" in refusal(write(ELAN.format(0) + "0\n5\n", "h.hyp"))
    refusal(write(ELAN.format(30) + "2\n" * 100, "h.hyp"), night(40), NoOverlapError)


@pytest.mark.parametrize("header", ["", "Hypnogram\n", "Stage\n", "# Hypnogram\n"])
def test_yasa_hypnograms_one_stage_a_line(write, header):
    there = (Stage.W, Stage.N1, Stage.N3, Stage.R, Stage.UNSCORED, Stage.UNSCORED)
    assert read_scoring(write(header + "WAKE\nN1\nN3\nREM\nART\nUNS\n", "h.txt"), night(6)).hypnogram == there
    scoring = read_scoring(write(header + "0\n1\n3\n4\n-1\n-2\n", "h.txt"), night(6))
    assert scoring.hypnogram == there and "4 R" in scoring.warnings[0]
    assert "# 0=W" in refusal(write(header + "0\n1\n3\n4\n", "h.txt"))


def test_yasa_hypnogram_as_it_writes_itself(write):
    import yasa

    stages = ["WAKE", "N1", "N2", "N3", "REM", "ART", "UNS"]
    written = yasa.Hypnogram(stages, freq="30s").hypno.to_csv()
    scoring = read_scoring(write(written), night(7))
    assert "".join(map(str, scoring.hypnogram)) == "WN1N2N3R??"


def test_luna_and_elan_files_are_read_with_the_ending_txt_too(write):
    assert len(read_scoring(write(ANNOT, "a.txt"), night(4)).events) == 3
    assert read_scoring(write("W\nN2\nN3\nR\n", "a.txt"), night(4)).hypnogram[1] is Stage.N2
    assert read_scoring(write(ELAN.format(30) + "0\n2\n3\n5\n", "a.txt"), night(4)).hypnogram[1] is Stage.N2
