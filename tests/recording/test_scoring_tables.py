from collections import Counter
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scoring_helpers import in_a_folder, night, refusal

from sleeplm.errors import NoOverlapError
from sleeplm.kinds.stages import Stage
from sleeplm.recording.annotations import read_scoring
from sleeplm.recording.annotations.clock import moments

HYPOPNEA = [("hypopnea", 10, 15.5, "Hypopnea"), ("arousal", 27, 3, "Arousal")]


@pytest.mark.parametrize(
    "table",
    [
        "Type,Start,Duration\nHypopnea,10,15.5\nArousal,27,3\n",
        "EVENT\tOnset (s)\tDuration [s]\nhypopnea \t10\t15.5\nArousal\t27\t3\n",
        "name;start_s;end_s\nHypopnea;10,0;25,5\nArousal;27;30\n",
        "Label|Start_Sec|Dur\nHypopnea|10|15.5\nArousal|27|0:00:03\n",
        "Start Time,End Time,Event\n23:00:10,23:00:25.5,Hypopnea\n23:00:27,23:00:30,Arousal\n",
        "event,elapsed time,duration\nHypopnea,0:00:10,15.5\nArousal,00:00:27,3\n",
        "Ereignis;Startzeit;Dauer\nHypopnea;23:00:10;15,5\nArousal;23:00:27;3\n",
        "event,start_time,end_time\nHypopnea,2021-11-18T23:00:10Z,2021-11-18T23:00:25.5Z\n"
        "Arousal,2021-11-18 23:00:27,2021-11-18 23:00:30\n",
        "event,start,duration\nHypopnea,18.11.2021 23:00:10,15.5\nArousal,18.11.2021 23:00:27,3\n",
        "event,start,duration_ms\nHypopnea,11/18/2021 11:00:10 PM,15500\nArousal,11/18/2021 11:00:27 PM,3000\n",
        "Type,Name,Start,Duration,Stage\nResp,Hypopnea,10,15.5,N2\nNeuro,Arousal,27,3,N2\n",
        "no,event,start,duration\n1,Hypopnea,10,15.5\n2,Arousal,27,3\n,,,\n",
    ],
)
def test_events_in_the_ways_people_write_them(write, table):
    for encoding in ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"):
        scoring = read_scoring(write(table.encode(encoding)), night(4, date="2021-11-18"))
        found = [(e.type, e.start_s, e.duration_s, str(e.label).capitalize()) for e in scoring.events]
        assert found == HYPOPNEA and scoring.warnings == () and scoring.hypnogram == ()


@pytest.mark.parametrize(
    "table",
    [
        "onset,duration,stage\n0,30,W\n30,60,N2\n90,30,R\n",
        "Onset;Duration;Stage\n0,0;30,0;Wach\n30,0;60,0;Schlafstadium 2\n90;30;REM\n",
        "start_s,end_s,stage\n0,30,0\n30,90,2\n90,120,5\n",
        "time,sleep_stage\n23:00:00,W\n23:00:30,N2\n23:01:00,N2\n23:01:30,R\n",
        "Time,Event\n23:00:00,Sleep stage W\n23:00:30,Sleep stage N2\n23:01:30,Sleep stage R\n",
        "epoch,start_s,stage,spo2,label\n1,0,W,97,normal\n2,30,N2,96,apnea\n3,60,N2,96,apnea\n4,90,R,97,\n",
        "# epoch_s=15\nstage\nW\nW\nN2\nN2\nN2\nN2\nR\nR\n",
        "# 0=W 2=N2 4=R; epoch length = 10\n" + "0\n" * 3 + "2\n" * 6 + "4\n" * 3,
        "W N2 N2 R\n",
        "0,2,2,5\n",
    ],
)
def test_stages_in_the_ways_people_write_them(write, table):
    scoring = read_scoring(write(table), night(4))
    assert scoring.hypnogram == (Stage.W, Stage.N2, Stage.N2, Stage.R) and scoring.events == ()
    assert all("its numbers are read as" in w for w in scoring.warnings)


@in_a_folder
@given(
    stages=st.lists(st.sampled_from([Stage.W, Stage.N2, Stage.R]), min_size=8, max_size=60),
    epoch_s=st.sampled_from([5, 10, 15, 20, 30, 60]),
    declared=st.booleans(),
)
def test_epochs_of_any_length_cover_the_grid_by_majority(write, stages, epoch_s, declared):
    rows = [str(s) if declared else f"{epoch_s * i},{s}" for i, s in enumerate(stages)]
    head = f"# epoch_s={epoch_s}\nstage\n" if declared else "time,stage\n"
    epochs = len(stages) * epoch_s // 30
    scoring = read_scoring(write(head + "\n".join(rows)), night(max(epochs, 1)))
    for n, stage in enumerate(scoring.hypnogram[:epochs]):
        seconds = Counter(stages[t // epoch_s] for t in range(30 * n, 30 * n + 30))
        assert seconds[stage] == max(seconds.values())


def test_a_wrong_length_of_epochs_is_refused_with_the_one_that_fits(write):
    sentence = refusal(write("stage\n" + "N2\n" * 180), night(120), NoOverlapError)
    assert "# epoch_s=20" in sentence
    assert "# epoch_s" not in refusal(write("stage\n" + "N2\n" * 47), night(120), NoOverlapError)
    assert "1 to 300" in refusal(write("# epoch_s=0\nstage\nN2\n"))


def test_poor_overlap_is_said_with_the_figure(write):
    scoring = read_scoring(write("onset,duration,stage\n0,1200,N2\n"), night(100))
    assert any("covers 40 % of the recording" in w for w in scoring.warnings)
    whole = read_scoring(write("onset,duration,stage\n0,2990,N2\n"), night(100))
    assert not any("%" in w for w in whole.warnings)
    events = read_scoring(write("type,start,duration\nHypopnea,10,10\n" + "Hypopnea,5000,10\n" * 3), night(100))
    assert any("3 of 4 events lie outside" in w for w in events.warnings)


def test_lights_and_events_outside_are_no_epochs(write):
    rows = "Sleep stage N2,23:00:00,60\nLights off,22:58:00,0\nHypopnea,22:58:00,5\n"
    scoring = read_scoring(write("event,start,duration\n" + rows), night(2))
    assert scoring.hypnogram == (Stage.N2, Stage.N2) and scoring.lights_off_s is None
    assert [w.partition(": ")[2] for w in scoring.warnings] == [
        "one event lies outside the recording; left aside.",
        "lights off lies outside the recording, whose own start is taken instead.",
    ]


def test_stages_that_overlap_are_said(write):
    scoring = read_scoring(write("onset,duration,stage\n0,60,N2\n30,60,R\n70,20,W\n"), night(3))
    assert any("overlapping stages in 2 epochs" in w for w in scoring.warnings)


CODINGS = {
    "0 1 2 3 5": "W N1 N2 N3 R", "0 1 2 5 6 9 -1 255": "W N1 N2 R ? ? ? ?", "0 1 2 3 4 5 9": "W N1 N2 N3 N3 R ?",
    "0 1 2 3 4 -2": "W N1 N2 N3 R ?", "0 1 2 3 4 8 -2": "W N1 N2 N3 R ? ?",
    "5 4 3 2 1 0 -1 -2 -3": "W R N1 N2 N3 N3 ? ? ?", "5 4 -3": "W R ?",
}  # fmt: skip


@pytest.mark.parametrize("numbers", CODINGS)
def test_numbers_that_can_mean_one_thing(write, numbers):
    words = numbers.split()
    scoring = read_scoring(write("stage\n" + "\n".join(words)), night(len(words)))
    assert " ".join(scoring.hypnogram) == CODINGS[numbers]
    assert "its numbers are read as" in scoring.warnings[0]


@pytest.mark.parametrize(
    "numbers", ["0 1 2 3", "0 1 2 3 4", "0 1 2 3 4 5", "0 1 2 3 4 8", "0 1 2 3 4 255", "0 1 77"]
)
def test_numbers_that_can_mean_several_things_are_refused(write, numbers):
    assert "# 0=W" in refusal(write("stage\n" + numbers.replace(" ", "\n")))
    scoring = read_scoring(
        write("# 0=W 1=N1 2=N2 3=N3 4=R 5=? 8=? 77=? 255=?\nstage\n" + numbers.replace(" ", "\n")), night(4)
    )
    assert scoring.hypnogram[0] is Stage.W


def test_ucddb_numbers_are_known_by_the_name_of_the_file_or_a_declaration(write, data):
    rows = [line.split(",") for line in (data / "scorings/ucddb_epochs_events.csv").read_text().splitlines()[1:]]
    assert "several nights" in refusal(data / "scorings/ucddb_epochs_events.csv")
    coded = {"0.0": "W", "1.0": "R", "2.0": "N1", "3.0": "N2", "4.0": "N3", "5.0": "N3"}
    nights = sorted({row[0] for row in rows})
    assert len(nights) == 23
    for name in nights:
        mine = [row for row in rows if row[0] == name]
        true = [coded.get(row[4], "?") for row in mine]
        listed = write("\n".join(row[4].removesuffix(".0") or "8" for row in mine), f"{name}_stage.txt")
        assert list(read_scoring(listed, night(len(mine))).hypnogram) == true
        table = "# 0=W 1=R 2=N1 3=N2 4=N3 5=N3 8=?\nrecord_id,start_sec,end_sec,sleep_stage,label\n"
        table += "".join(f"{row[0]},{row[2]},{row[3]},{row[4]},{row[5]}\n" for row in mine)
        assert list(read_scoring(write(table), night(len(mine))).hypnogram) == true


def test_a_table_of_one_night_may_name_it(write):
    scoring = read_scoring(write("subject,epoch,stage\nS1,1,W\nS1,2,N2\n"), night(2))
    assert scoring.hypnogram == (Stage.W, Stage.N2) and "S1" not in repr(scoring)
    assert "several nights" in refusal(write("subject,epoch,stage\nS1,1,W\nJane,1,N2\n"))


@pytest.mark.parametrize(
    "row", ["Hypopnea,25:00:00,5", "Hypopnea,30.02.2021 22:00:00,5", "Hypopnea,5,1e999", "Hypopnea,5,nan"]
)
def test_rows_without_sound_times_are_refused_by_number(write, row):
    assert "Row 2" in refusal(write(f"event,start,duration\nHypopnea,1,2\n{row}\n"))


def test_times_of_two_kinds_need_the_start_of_the_recording(write):
    path = write("event,start,duration\nHypopnea,1,2\nHypopnea,23:00:00,2\n")
    assert "mixes" in refusal(path, night(4, clock=None))


@given(
    st.lists(st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1)), min_size=1, max_size=9),
    st.sampled_from(["%Y-%m-%dT%H:%M:%S", "%d.%m.%Y %H:%M:%S", "%d-%m-%Y %H:%M:%S", "%Y/%m/%d %I:%M:%S %p",
                     "%m/%d/%Y %I:%M:%S %p"]),
)  # fmt: skip
def test_dates_in_every_spelling(days, spelling):
    found = [moment or ("no time", 0.0) for moment in moments([day.strftime(spelling) for day in days])]
    assert [datetime.min + timedelta(seconds=at) for _, at in found] == [day.replace(microsecond=0) for day in days]
    assert {kind for kind, _ in found} == {"date"}


@pytest.mark.parametrize(
    "word",
    [
        "Obstructive apnea - patient Smith restless",
        "Obstructive apnea|Smith",
        "Obstructive apnea" + " " * 130 + "Smith",
    ],
)
def test_a_name_behind_a_known_word_goes_no_further(write, word):
    scoring = read_scoring(write(f"type,start,duration\n{word},10,12\nHypopnea,30,10\n"), night(4))
    assert "mith" not in repr(scoring)
    assert all(e.label in ("Obstructive apnea", "Hypopnea") for e in scoring.events)
