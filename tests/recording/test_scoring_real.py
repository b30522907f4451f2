"""All real scorings that we have, against counts of their rows that know nothing of our readers."""

import csv
import re
from collections import Counter, defaultdict
from datetime import datetime

import pytest
from scoring_helpers import night

from sleeplm.kinds.stages import Stage
from sleeplm.recording import open_recording
from sleeplm.recording.annotations import read_scoring
from sleeplm.recording.annotations.words import fold

TAL = re.compile(rb"[+-](\d+)(?:\x15(\d+))?\x14([^\x14\0]+)\x14\0")
SLEEP_EDF = {"W": "W", "1": "N1", "2": "N2", "3": "N3", "4": "N3", "R": "R", "?": "?", "e": "?"}


def test_sleep_edf_hypnograms(data):
    paths = sorted((data / "scorings/sleepedf20").glob("*.edf"))
    epochs = 0
    for path in paths:
        raw = path.read_bytes()
        marks = [(int(a), int(b), text.decode()) for a, b, text in TAL.findall(raw) if b]
        counted, end_s = Counter[str](), 0
        for start_s, length_s, text in marks:
            # The last mark of most files goes on for hours after the recording has ended.
            counted[SLEEP_EDF[text[-1]]] += length_s // 30
            end_s = max(end_s, start_s + length_s)
        day = datetime.strptime(raw[168:184].decode(), "%d.%m.%y%H.%M.%S")
        there = night(end_s // 30, f"{day:%H:%M:%S}", f"{day:%Y-%m-%d}")
        found = Counter(map(str, read_scoring(path, there).hypnogram))
        assert {s: n for s, n in found.items() if s != "?"} == {s: n for s, n in counted.items() if s != "?"}
        epochs += sum(found.values()) - found["?"]
    assert len(paths) == 20 and epochs > 50_000


@pytest.mark.parametrize("name", ["noxturnal_export_1.csv", "noxturnal_export_2.csv"])
def test_noxturnal_exports(data, name):
    text = (data / "scorings" / name).read_text(encoding="utf-16")
    rows = [row for row in csv.reader(text.splitlines()[2:]) if row[0]]
    stamps = [datetime.strptime(cell, "%d/%m/%Y %H:%M:%S") for row in rows for cell in row[:2]]
    first, last = min(stamps), max(stamps)
    there = night(int((last - first).total_seconds()) // 30 + 1, f"{first:%H:%M:%S}", f"{first:%Y-%m-%d}")
    scoring = read_scoring(data / "scorings" / name, there)
    words = Counter(fold(row[2]) for row in rows)
    found = Counter(fold(e.label or "") for e in scoring.events)
    stages = {"eveil": "W", "n1": "N1", "n2": "N2", "n3": "N3", "rem": "R", "mouvement": "?"}
    assert found and {word: words[word] for word in found} == found
    assert not any("unknown" in warning for warning in scoring.warnings)
    staged = Counter(map(str, scoring.hypnogram))
    for word, stage in stages.items():
        if stage != "?":
            # Stages begin off the grid of the first stamp: majority moves an epoch here and there.
            assert abs(staged[stage] - words[word]) <= 0.02 * sum(words[w] for w in stages) + 1
    left = set(words) - set(found) - set(stages)
    assert not any("apn" in word or "arousal" in word or "desat" in word for word in left)


def test_remlogic_export(data):
    text = (data / "scorings/remlogic_cap_brux1.txt").read_text(encoding="latin-1")
    words = Counter(line.split("\t")[3] for line in text.splitlines() if line.count("\t") == 5 and "[" not in line)
    scoring = read_scoring(data / "scorings/remlogic_cap_brux1.txt", night(1031, "22:18:17", "2010-01-28"))
    assert Counter(e.label for e in scoring.events) == {w: n for w, n in words.items() if w.startswith("MCAP")}
    staged = Counter(map(str, scoring.hypnogram))
    assert [staged[s] for s in ("W", "N1", "N2", "N3", "R")] == [
        words["SLEEP-S0"], words["SLEEP-S1"], words["SLEEP-S2"], words["SLEEP-S3"] + words["SLEEP-S4"],
        words["SLEEP-REM"],
    ]  # fmt: skip


def test_events_of_a_cpap_machine(data):
    folder = data / "recordings/cpap_night"
    marks = Counter(text.decode() for _, _, text in TAL.findall((folder / "20241127_004009_EVE.edf").read_bytes()))
    recording = open_recording(folder / "20241127_004016_BRP.edf")
    found = Counter(e.type for e in read_scoring(folder / "20241127_004009_EVE.edf", recording).events)
    assert marks["Hypopnea"] == found["hypopnea"] == 9
    apneas = sum(n for text, n in marks.items() if "Apnea" in text)
    assert apneas == 71 and sum(n for kind, n in found.items() if kind.startswith("apnea")) == 70  # one lies before


def test_boas_stages_of_128_nights(data, write):
    coded = {"0": "W", "1": "N1", "2": "N2", "3": "N3", "4": "R", "8": "?", "-2": "?"}
    with (data / "scorings/boas_128.csv").open() as file:
        nights = list(csv.DictReader(file))
    assert len(nights) == 128
    for person in nights:
        numbers = person["stages_human"].split()
        scoring = read_scoring(write("stage_hum\n" + "\n".join(numbers)), night(len(numbers)))
        assert list(map(str, scoring.hypnogram)) == [coded[n] for n in numbers]


def test_stages_of_dynamo_cover_what_their_rows_say(data):
    recording = open_recording(data / "recordings/dynamo_84min.edf")
    rows = [line.split(",") for line in (data / "recordings/dynamo_84min_stages.csv").read_text().split()[1:]]
    seconds: dict[str, float] = defaultdict(float)
    for (start_s, code), (end_s, _) in zip(rows, [*rows[1:], [recording.duration_s, ""]], strict=True):
        seconds[code] += float(end_s) - float(start_s)
    found = Counter(read_scoring(data / "recordings/dynamo_84min_stages.csv", recording).hypnogram)
    for code, stage in (("5", Stage.W), ("4", Stage.R), ("3", Stage.N1), ("2", Stage.N2), ("1", Stage.N3)):
        assert abs(30 * found[stage] - seconds[code]) < 60


@pytest.mark.parametrize("name", ["ucddb020", "ucddb024"])
def test_stages_of_a_table_with_a_row_a_second_by_the_clock(data, name):
    path = data / f"spo2/{name}_1hz.csv"
    with path.open() as file:
        rows = list(csv.DictReader(file))
    scoring = read_scoring(path, night(len(rows) // 30 + 1, rows[0]["time"]))
    seconds, found = Counter(row["stage"] for row in rows), Counter(map(str, scoring.hypnogram))
    for stage in ("W", "N1", "N2", "N3", "R"):
        assert abs(found[stage] - seconds[stage] / 30) <= 2
