import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scoring_helpers import night, refusal

from sleeplm.errors import NoOverlapError, ScoringError, SleepLMError
from sleeplm.kinds.events import EVENT_TYPES
from sleeplm.kinds.stages import Stage
from sleeplm.recording.annotations import read_scoring
from sleeplm.recording.annotations.words import event_of, fold, stage_of
from sleeplm.units import EPOCH_S

in_a_folder = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])


@in_a_folder
@given(stages=st.lists(st.sampled_from(Stage), min_size=1, max_size=40), first=st.sampled_from([0, 1, 17]))
def test_a_stage_table_comes_back_as_written_whatever_its_first_number(write, stages, first):
    rows = [f"{i},{s}" for i, s in enumerate(stages, first)]
    scoring = read_scoring(write("epoch,stage\n" + "\n".join(rows)), night(len(stages)))
    assert scoring.hypnogram == tuple(stages) and scoring.warnings == ()


@in_a_folder
@given(
    st.lists(
        st.tuples(
            st.sampled_from(EVENT_TYPES),
            st.floats(0, 1100, allow_nan=False).map(lambda x: round(x, 3)),
            st.floats(0, 90, allow_nan=False).map(lambda x: round(x, 3)),
        ),
        min_size=1, max_size=30,
    )
)  # fmt: skip
def test_an_event_table_comes_back_as_written_in_order_of_start(write, events):
    rows = [f"{kind},{start!r},{length!r}" for kind, start, length in events]
    scoring = read_scoring(write("type,start_s,duration_s\n" + "\n".join(rows)), night(40))
    found = [(e.type, e.start_s, e.duration_s) for e in scoring.events]
    assert sorted(found) == sorted(events)
    assert [start for _, start, _ in found] == sorted(start for _, start, _ in events)
    assert {kind for kind, *_ in events} <= set(scoring.event_sources)


@in_a_folder
@given(
    stages=st.lists(st.sampled_from([Stage.W, Stage.N2, Stage.R]), min_size=2, max_size=30),
    length_s=st.sampled_from([10, 15, 20, 25, 30, 60]),
)
def test_stages_off_the_grid_cover_each_epoch_by_majority(write, stages, length_s):
    rows = [f"Sleep stage {s},{i * length_s},{length_s}" for i, s in enumerate(stages)]
    epochs = len(stages) * length_s // EPOCH_S + 1
    scoring = read_scoring(write("event,onset,duration\n" + "\n".join(rows)), night(epochs))
    for n, stage in enumerate(scoring.hypnogram):
        seconds = [stages[t // length_s] if t // length_s < len(stages) else Stage.UNSCORED
                   for t in range(n * EPOCH_S, (n + 1) * EPOCH_S)]  # fmt: skip
        assert seconds.count(stage) == max(seconds.count(s) for s in set(seconds))


@settings(deadline=None, max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    head=st.sampled_from([b"", b"epoch,stage\n", b"type,start_s,duration_s\n", b"Time,Stage\n", b"<PSGAnnotation>",
                          b"\xff\xfe", b"0       ", b"Start Time,End Time,Event\n01/02/2018 22:00:00,",
                          b"Time [hh:mm:ss]\tEvent\tDuration[s]\n23.00.00\tSLEEP-S0\t", b"<CMPStudyConfig>",
                          b"class\tstart\tstop\nW\t", b"class\tstart\tstop\nW\t01-01-00-23:00:00\t+",
                          b"onset\tduration\ttrial_type\n", b"*Duration_sec\t120\nWake\t",
                          b"time_base 30\nsampling_period 1\nepoch_nb 4\nepoch_list\n"]),
    name=st.sampled_from(["scoring.csv", "a.annot", "a.eannot"]),
    body=st.one_of(st.binary(max_size=400), st.text(max_size=200).map(str.encode),
                   st.text("0123456789,.-+eWNR:/\t\n ", max_size=300).map(str.encode)),
)  # fmt: skip
def test_whatever_the_bytes_the_answer_is_a_scoring_or_one_sentence(write, head, body, name):
    path = write(head + body, name)
    try:
        scoring = read_scoring(path, night(4))
        assert len(scoring.hypnogram) in (0, 4)
    except SleepLMError as error:
        assert isinstance(error, ScoringError) and path.name in str(error) and "\n" not in str(error)


def test_rk_numbers_are_taken_only_where_they_mean_one_thing(write):
    assert read_scoring(write("0\n1\n2\n5\n"), night(4)).hypnogram == (Stage.W, Stage.N1, Stage.N2, Stage.R)
    for ambiguous in ("0\n1\n2\n3\n", "0\n1\n2\n4\n", "0\n4\n5\n1\n"):
        assert "# 0=W" in refusal(write(ambiguous))


def test_a_comment_declares_what_numbers_mean(write):
    table = "# 0=W 1=R, 2=N1; 3=N2 4=S3 5=S4 8=?\nepoch,stage\n0,5\n1,4\n2,1\n3,8\n"
    assert read_scoring(write(table), night(4)).hypnogram == (Stage.N3, Stage.N3, Stage.R, Stage.UNSCORED)


def test_one_epoch_more_is_trimmed_and_fewer_are_unscored_and_both_are_said(write):
    longer = read_scoring(write("stage\n" + "N2\n" * 5), night(4))
    assert longer.hypnogram == (Stage.N2,) * 4 and "one epoch more" in longer.warnings[0]
    shorter = read_scoring(write("stage\n" + "N2\n" * 3), night(4))
    assert shorter.hypnogram == (*[Stage.N2] * 3, Stage.UNSCORED) and "one epoch fewer" in shorter.warnings[0]


def test_far_more_or_far_fewer_epochs_are_another_night(write):
    assert "0 s to 3000 s" in refusal(write("stage\n" + "N2\n" * 100), night(40), NoOverlapError)
    refusal(write("stage\n" + "N2\n" * 10), night(40), NoOverlapError)


def test_epochs_out_of_order_are_refused_by_row(write):
    assert "Row 3" in refusal(write("epoch,stage\n1,W\n2,W\n4,N1\n"))


def test_a_stage_that_nobody_knows_is_refused_by_row_and_not_repeated(write):
    sentence = refusal(write("epoch,stage\n1,W\n2,Mr Smith\n"))
    assert "Row 2" in sentence and "Smith" not in sentence


def test_events_after_the_end_do_not_overlap(write):
    table = "type,start_s,duration_s\napnea,500,10\n"
    assert "500 s to 510 s" in refusal(write(table), night(4), NoOverlapError)


def test_events_partly_outside_are_cut_and_those_outside_counted(write):
    table = "type,start_s,duration_s\napnea,110,20\narousal,500,3\n"
    scoring = read_scoring(write(table), night(4))
    assert [(e.start_s, e.duration_s) for e in scoring.events] == [(110, 10)]
    assert any("one event lies outside" in w for w in scoring.warnings)
    assert scoring.was_scored("arousal")


def test_an_events_file_without_events_marks_nothing_as_scored(write):
    scoring = read_scoring(write("type,start_s,duration_s\n"), night(4))
    assert (scoring.events, dict(scoring.event_sources)) == ((), {}) and scoring.warnings


@pytest.mark.parametrize("row", ["apnea,x,10", "apnea,1,-3", "apnea,1", "apnea,nan,1", "apnea,1,inf"])
def test_event_rows_without_sound_times_are_refused_by_number(write, row):
    assert "Row 2" in refusal(write(f"type,start_s,duration_s\napnea,1,2\n{row}\n"))


NSRR = """<?xml version="1.0" encoding="UTF-8"?><PSGAnnotation><SoftwareVersion>Compumedics</SoftwareVersion>
<EpochLength>30</EpochLength><ScoredEvents>
<ScoredEvent><EventType/><EventConcept>Recording Start Time</EventConcept><Start>0</Start><Duration>120.0</Duration>
<ClockTime>00.00.00 23.00.00</ClockTime></ScoredEvent>
<ScoredEvent><EventType>Stages|Stages</EventType><EventConcept>Wake|0</EventConcept><Start>0</Start>
<Duration>30.0</Duration></ScoredEvent>
<ScoredEvent><EventType>Stages|Stages</EventType><EventConcept>Stage 4 sleep|4</EventConcept><Start>30</Start>
<Duration>60.0</Duration></ScoredEvent>
<ScoredEvent><EventType>Stages|Stages</EventType><EventConcept>REM sleep|5</EventConcept><Start>90</Start>
<Duration>30.0</Duration></ScoredEvent>
<ScoredEvent>
<EventConcept>Obstructive apnea|Obstructive Apnea</EventConcept>
<Start>42.5</Start><Duration>18.3</Duration></ScoredEvent>
<ScoredEvent>
<EventConcept>SpO2 desaturation|SpO2 desaturation</EventConcept>
<Start>60</Start><Duration>20</Duration></ScoredEvent>
</ScoredEvents></PSGAnnotation>"""


def test_nsrr_xml(write):
    scoring = read_scoring(write(NSRR, "a.xml"), night(4))
    assert scoring.hypnogram == (Stage.W, Stage.N3, Stage.N3, Stage.R) and scoring.warnings == ()
    assert [(e.type, e.start_s, e.duration_s) for e in scoring.events] == [
        ("apnea_obstructive", 42.5, 18.3), ("desaturation", 60, 20),
    ]  # fmt: skip


def test_an_xml_bomb_and_outside_entities_are_refused(write):
    bomb = '<!DOCTYPE a [<!ENTITY x "xxxxxxxxxx"><!ENTITY y "&x;&x;&x;">]><PSGAnnotation>&y;</PSGAnnotation>'
    refusal(write(bomb, "a.xml"))
    refusal(
        write('<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><PSGAnnotation>&x;</PSGAnnotation>', "a.xml")
    )
    refusal(write("<PSGAnnotation><ScoredEvent>", "a.xml"))
    assert "NSRR XML, Profusion XML" in refusal(write("<html></html>", "a.xml"))


ENGLISH = "Start Time,End Time,Event,Duration\n[],[],[],[s]\n"


def test_noxturnal_in_english_crosses_midnight(write):
    rows = "01/02/2018 23:59:30,02/02/2018 00:00:00,Wake,30\n02/02/2018 00:00:00,02/02/2018 00:00:30,N1,30\n"
    path = write((ENGLISH + rows).encode("utf-16"))
    assert read_scoring(path, night(4, "23:58:30")).hypnogram[2:] == (Stage.W, Stage.N1)
    assert read_scoring(path, night(4, "00:00:00")).hypnogram[0] is Stage.N1
    assert read_scoring(path, night(4, "23:59:30", "2018-02-01")).hypnogram[:2] == (Stage.W, Stage.N1)
    refusal(path, night(4, "23:59:30", "2018-02-03"), NoOverlapError)


@pytest.mark.parametrize(
    ("begins", "starts"),
    [
        ("14:00:00", [32400, 32430, 37800, 57600]),
        ("22:59:30", [30, 60, 5430, 25230]),
        ("23:00:15", [15, 5385, 25185]),
    ],
)
def test_clock_times_meet_recordings_that_begin_in_the_afternoon_or_within_them(write, begins, starts):
    clocks = ["23:00:00", "23:00:30", "00:30:00", "06:00:00"]
    table = "event,start,duration\n" + "".join(f"Hypopnea,{clock},10\n" for clock in clocks)
    assert [e.start_s for e in read_scoring(write(table), night(2400, begins)).events] == starts


def test_american_dates_are_known_by_their_impossible_month_or_their_pm(write):
    rows = "1/31/2018 11:59:30 PM,2/1/2018 12:00:00 AM,Wake,30\n"
    assert read_scoring(write(ENGLISH + rows), night(2, "23:59:30", "2018-01-31")).hypnogram[0] is Stage.W


@pytest.mark.parametrize(
    "content",
    [b"\x89PNG\r\n\x1a\n" + bytes(range(256)), b"PK\x03\x04" + b"\0" * 99, b"\xff\xfe\x00\xd8\x00\xd8", b"hello\n",
     b"a," * 1_000_000, b"a" * 1_000_000, "Dear colleague, she slept badly.\nBest, M.\n"],
)  # fmt: skip
def test_what_is_no_scoring(write, content):
    assert "scoring" in refusal(write(content))


def test_an_edf_whose_records_of_no_duration_begin_with_a_signal(write, make_edf, rewrite):
    path = rewrite(make_edf("C3-M2", annotations=()), {244: b"0       "})
    assert "last 0 s" in refusal(path)


def test_empty_missing_and_folder(write, tmp_path):
    assert "empty" in refusal(write(b" \n"))
    assert "does not exist" in refusal(tmp_path / "none.csv", error=ScoringError)
    refusal(tmp_path, error=ScoringError)


@pytest.mark.parametrize(("encoding", "mark"), [("utf-8-sig", ""), ("utf-16", ""), ("cp1252", ""), ("utf-8", "")])
def test_accents_survive_every_encoding_of_a_table(write, encoding, mark):
    assert read_scoring(write("stage\nÉveil\nÉveil\nREM\nN2\n".encode(encoding)), night(4)).hypnogram[0] is Stage.W


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_tables_of_any_common_delimiter(write, delimiter):
    assert (
        read_scoring(write(f"epoch{delimiter}stage\n1{delimiter}W\n2{delimiter}R\n"), night(2)).hypnogram[1] == "R"
    )


@given(st.sampled_from(["Sleep stage N2", "Éveil", "A. Obstructive", "HYP-C", "sleep stage ?", "Désat"]))
def test_words_are_known_whatever_their_case_accents_and_signs(word):
    for spelling in (word.upper(), word.lower(), f" {word} ", word.replace(" ", "_"), word.replace("É", "E")):
        assert (stage_of(spelling), event_of(spelling)) == (stage_of(word), event_of(word))
    assert fold(fold(word)) == fold(word)


def test_a_word_means_one_thing():
    import json
    from importlib.resources import files

    table = json.loads((files("sleeplm.recording.annotations") / "words.json").read_text(encoding="utf-8"))
    groups = [
        *table["stages"].values(),
        *table["events"].values(),
        table["lights_off"],
        table["lights_on"],
        table["aside"],
    ]
    folded = [word for group in groups for word in {fold(w) for w in group}]
    assert sorted({w for w in folded if folded.count(w) > 1}) == []
    assert set(table["events"]) <= set(EVENT_TYPES) and set(table["stages"]) == {str(s) for s in Stage}
