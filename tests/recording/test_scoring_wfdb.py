import re
import shutil
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scoring_helpers import in_a_folder, night, refusal

from sleeplm.errors import SleepLMError
from sleeplm.kinds.stages import Stage
from sleeplm.recording.annotations import read_scoring


def annotations(notes, sfreq_hz=200, resolution=True) -> bytes:
    """WFDB annotations of type NOTE: https://physionet.org/physiotools/wag/annot-5.htm."""
    written = b""
    notes = [(0, f"## time resolution: {sfreq_hz}"), *((round(s * sfreq_hz), note) for s, note in notes)]
    before = 0
    for at, note in notes[not resolution :]:
        step = (at - before) & 0xFFFFFFFF
        before = at
        skip = (step >> 16).to_bytes(2, "little") + (step & 0xFFFF).to_bytes(2, "little")
        text = note.encode() + b"\0" * (len(note) % 2)
        written += b"\0\xec" + skip + b"\0" + bytes([22 << 2, len(note), 63 << 2]) + text
    return written + b"\0\0"


@pytest.mark.parametrize("record", ["tr03-0005", "tr03-0029"])
def test_arousal_files_of_the_challenge(data, record):
    path = data / f"scorings/{record}.arousal"
    text = path.read_bytes().decode("latin-1")
    scoring = read_scoring(path, night(857))
    counts = Counter(e.type for e in scoring.events)
    words = {"apnea_obstructive": "resp_obstructiveapnea", "apnea_central": "resp_centralapnea",
             "hypopnea": "resp_hypopnea", "rera": "arousal_rera"}  # fmt: skip
    assert counts == {kind: text.count(f"({word}") for kind, word in words.items()} and scoring.warnings == ()
    assert {e.label for e in scoring.events} == set(words.values())
    assert set(map(str, scoring.hypnogram)) == {"?", "W", "N1", "N2", "N3", "R"}


def test_stages_of_an_arousal_file_equal_those_published_beside_it(data):
    import gzip
    import json

    with gzip.open(data / "scorings/cinc2018_994_nights_stages_arousals.json.gz") as file:
        published = json.load(file)["tr03-0005"]["stages"]
    scoring = read_scoring(data / "scorings/tr03-0005.arousal", night(857))
    coded = {0: "W", 1: "N1", 2: "N2", 3: "N3", 5: "R", 9: "?"}
    there = ["?"] * 858
    for start_s, end_s, code in published:
        first, last = round(start_s / 30), round(end_s / 30)
        there[first:last] = [coded[code]] * (last - first)
    assert list(map(str, scoring.hypnogram)) == there[:857]


def test_the_header_beside_it_gives_the_rate_where_the_file_does_not(data, tmp_path):
    notes = [(0, "W"), (30, "N2"), (45, "(resp_hypopnea"), (60, "resp_hypopnea)"), (90, "R")]
    path = tmp_path / "tr03-0005.arousal"
    path.write_bytes(annotations(notes, resolution=False))
    assert "'tr03-0005.hea'" in refusal(path)
    shutil.copyfile(data / "scorings/tr03-0005.hea", tmp_path / "tr03-0005.hea")
    scoring = read_scoring(path, night(5))
    assert scoring.hypnogram == (Stage.W, Stage.N2, Stage.N2, Stage.R, Stage.R)
    assert [(e.type, e.start_s, e.duration_s) for e in scoring.events] == [("hypopnea", 45, 15)]
    renamed = path.rename(tmp_path / "tr03-0005.stages")
    assert read_scoring(renamed, night(5)).hypnogram == scoring.hypnogram


def test_printed_stages_of_all_records_of_the_polysomnographic_database(data):
    paths = sorted((data / "scorings/slpdb").glob("*.an"))
    assert len(paths) == 18
    events, epochs = Counter[str](), 0
    for path in paths:
        rows = [line.split("\t") for line in path.read_text().splitlines()[1:]]
        notes = [note.split() for _, note in rows]
        scoring = read_scoring(path, night(int(rows[-1][0].split()[1]) // 7500 + 1))
        noted, scored = Counter(note[0] for note in notes), Counter(map(str, scoring.hypnogram))
        assert [scored[s] for s in ("W", "N1", "N2", "R")] == [noted[s] for s in "W12R"]
        assert scored["N3"] == noted["3"] + noted["4"]
        events.update(word for note in notes for word in note[1:])
        events.subtract(str(e.label) for e in scoring.events if e.type != "arousal")
        epochs += len(notes)
    beside = ("A", "LL", "LLL", "LLLL", "L")  # arousals without an event, and movements in one word
    assert epochs == 10197 and [word for word, n in events.items() if n and word not in beside] == []


def test_notes_of_an_epoch_each(write):
    notes = [(0.005, "W"), (30, "2 HA"), (60, "4 LL X"), (90, "MT"), (120, "R Mrs_Smith")]
    scoring = read_scoring(write(annotations(notes, 250), "slp41.st"), night(5))
    assert scoring.hypnogram == (Stage.W, Stage.N2, Stage.N3, Stage.UNSCORED, Stage.R)
    assert Counter((e.type, e.start_s, e.label) for e in scoring.events) == {
        ("hypopnea", 30, "HA"): 1, ("arousal", 30, "HA"): 1, ("leg_movement", 60, "L"): 2,
        ("apnea_obstructive", 60, "X"): 1, ("arousal", 60, "X"): 1,
    }  # fmt: skip
    assert all(e.duration_s == 30 for e in scoring.events) and "Smith" not in repr(scoring)
    assert "epoch alone" in scoring.warnings[0] and "one mark" in scoring.warnings[1]


def test_events_with_one_end_alone_are_counted(write):
    notes = [(0, "W"), (5, "resp_hypopnea)"), (30, "N1"), (40, "(arousal_rera"), (50, "(arousal_rera"),
             (55, "arousal_rera)"), (60, "(resp_centralapnea")]  # fmt: skip
    scoring = read_scoring(write(annotations(notes), "a.arousal"), night(2))
    assert [(e.type, e.start_s, e.duration_s) for e in scoring.events] == [("rera", 50, 5)]
    assert "3 events with one end alone" in scoring.warnings[0]


@in_a_folder
@given(st.lists(st.tuples(st.integers(0, 1190), st.integers(0, 60)), min_size=1, max_size=20))
def test_intervals_come_back_as_written(write, events):
    events = sorted(set(events))
    events = [
        (a, d) for (a, d), after in zip(events, [*(s for s, _ in events[1:]), 10**6], strict=True) if a + d < after
    ]
    notes = [n for a, d in events for n in ((a, "(resp_hypopnea"), (a + d, "resp_hypopnea)"))]
    scoring = read_scoring(write(annotations([(0, "N2"), *notes]), "a.arousal"), night(50))
    assert [(e.start_s, e.duration_s) for e in scoring.events] == events


@in_a_folder
@given(st.binary(max_size=300), st.booleans())
def test_whatever_the_bytes_the_answer_is_a_scoring_or_one_sentence(write, body, sound):
    path = write(annotations([(0, "W")])[: -2 * sound or None] + body, "a.st")
    try:
        assert len(read_scoring(path, night(4)).hypnogram) in (0, 4)
    except SleepLMError as error:
        assert "a.st" in str(error) and "\n" not in str(error)


def test_beats_and_large_files_are_no_stages(write):
    assert "None of the notes" in refusal(write(annotations([(1, "beat"), (2, "beat")]), "a.st"))
    assert "too large" in refusal(write(annotations([(1, "W")] * 30_000), "a.st"))
    printed = "Elapsed time  Sample #  Type  Sub Chan  Num\tAux\nx\n"
    assert re.search(r"Row 1 .*'rdann -v'", refusal(write(printed, "a.an")))


def test_annotations_with_more_notes_than_places_are_refused(write):
    notes = b"X\x17\xfc## time resolution: 200\0\0\xecW\xcd\xcd\xcd\xcd"
    notes += b"X\x17\xfc## tile resolution: 200\0\0\xec\0\0\x11\0\0"
    data = b"\xcd" * 3 + b"\xff" * 86 + b"," + b"\xcd" * 33 + b"\xff" * 60 + b"," + b"\xcd" * 25 + notes
    data += b"X\x01\xfcW\0\0\xecage W< 1"
    assert "no sound WFDB annotations" in refusal(write(data, "a.arousal"))
