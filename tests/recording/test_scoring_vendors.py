import sys
from datetime import datetime, timedelta

import edfio
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scoring_helpers import in_a_folder, night, refusal

from sleeplm.errors import NoOverlapError
from sleeplm.kinds.stages import Stage
from sleeplm.recording import annotations, open_recording
from sleeplm.recording.annotations import FORMATS, SUFFIXES, embedded_scoring, read_scoring
from sleeplm.recording.annotations.words import event_of, stage_of

PROFILE = (
    "Signal ID: SchlafProfil\\profil\nStart Time: 11/18/2021 10:59:30 PM\nUnit: \nSignal Type: Discret\n"
    "Events list: N3,N2,N1,Rem,Wake,Artifact\nRate: {} s\n\n"
)
FLOW = "Signal ID: {}\nStart Time: 18.11.2021 22:00:00\nUnit: s\nSignal Type: Impuls\n\n"


def test_domino_sleep_profile_begins_before_the_recording(write):
    rows = "22:59:30,000; A\n23:00:00,000; Wake\n23:00:30,000; N1\n23:01:00,000; Rem\n23:01:30,000; Movement\n"
    scoring = read_scoring(write((PROFILE.format(30) + rows).encode("utf-8-sig"), "Schlafprofil.txt"), night(4))
    assert scoring.hypnogram == (Stage.W, Stage.N1, Stage.R, Stage.UNSCORED)
    dated = "18.11.2021 23:00:00,000; Wake\n18.11.2021 23:00:30,000; N4\n"
    path = write(PROFILE.format(30) + dated, "Schlafprofil.txt")
    assert read_scoring(path, night(2, date="2021-11-18")).hypnogram == (Stage.W, Stage.N3)
    refusal(path, night(2, date="2021-11-20"), NoOverlapError)


@in_a_folder
@given(
    stages=st.lists(st.sampled_from(["Wake", "N1", "N2", "N3", "REM"]), min_size=1, max_size=60),
    second=st.integers(0, 86399),
    rate_s=st.sampled_from([10, 20, 30]),
)
def test_domino_stages_come_back_whatever_the_hour_they_begin(write, stages, second, rate_s):
    begin = datetime(2021, 11, 18) + timedelta(seconds=second)
    clocks = [begin + timedelta(seconds=rate_s * i) for i in range(len(stages))]
    rows = "".join(f"{clock:%H:%M:%S},000; {stage}\n" for clock, stage in zip(clocks, stages, strict=True))
    head = PROFILE.format(rate_s).replace("10:59:30 PM", f"{begin:%H:%M:%S}")
    epochs = max(1, len(stages) * rate_s // 30)
    scoring = read_scoring(write(head + rows, "Schlafprofil.txt"), night(epochs, f"{begin:%H:%M:%S}"))
    expected = [stage_of(stages[30 * n // rate_s]) for n in range(epochs)]
    if rate_s == 30:
        assert list(scoring.hypnogram) == expected
    assert Stage.UNSCORED not in scoring.hypnogram[:-1]


def test_domino_events_of_a_few_in_a_long_night(write):
    rows = "22:30:00,000-22:30:12,500; 12;Hypopnoe\n05:00:00,000-05:00:20,000; 20;Zentrale Apnoe; N2\n"
    path = write(
        FLOW.format("FlowD\\flow") + rows + "05:10:00,000-05:10:01,000; 1;Frau Schmidt hustet\n", "Flow.txt"
    )
    scoring = read_scoring(path, night(960, "22:00:00"))
    assert [(e.type, e.start_s, e.duration_s, e.label) for e in scoring.events] == [
        ("hypopnea", 1800, 12.5, "Hypopnoe"), ("apnea_central", 25200, 20, "Zentrale Apnoe"),
    ]  # fmt: skip
    assert "one mark" in scoring.warnings[0] and "Schmidt" not in repr(scoring)


def test_domino_arousals_are_known_by_their_signal(write):
    rows = "23:00:10,000-23:00:15,000; 5;Spontan\n23:00:59,000-23:01:01,000; 2;Arousal\n"
    for signal in ("KorrelationMA\\MAK", "Arousals"):
        scoring = read_scoring(write(FLOW.format(signal) + rows, "Classification Arousals.txt"), night(4))
        assert [(e.type, e.start_s, e.label) for e in scoring.events] == [
            ("arousal", 10, "Arousal"), ("arousal", 59, "Arousal"),
        ]  # fmt: skip


@pytest.mark.parametrize("row", ["23:61:00,000; Wake", "Wake", "30.02.2021 23:00:00,000; Wake", "23:00; Wake"])
def test_domino_rows_without_sound_times_are_refused(write, row):
    good = "23:00:00,000; Wake\n"
    assert "row" in refusal(write(PROFILE.format(30) + good + row + "\n", "a.txt")).lower()
    assert "without any row" in refusal(write(PROFILE.format(30), "a.txt"))


def test_dreams_hypnograms_have_a_number_each_five_seconds(write):
    numbers = ["5"] * 6 + ["4"] * 6 + ["0"] * 4 + ["2"] * 2 + ["-2"] * 6
    scoring = read_scoring(write("[HypnogramR&K_subject1]\n" + "\n".join(numbers), "h.txt"), night(4))
    assert scoring.hypnogram == (Stage.W, Stage.R, Stage.N3, Stage.UNSCORED) and scoring.warnings == ()
    assert "Row 2" in refusal(write("[hypnogram]\n5\nSmith\n", "h.txt"))
    refusal(write("[hypnogram]\n" + "5\n" * 600, "h.txt"), night(600), NoOverlapError)


RML = (
    '<?xml version="1.0"?><PatientStudy xmlns="http://www.respironics.com/PatientStudy.xsd"><Patient><LastName>Smith'
    "</LastName></Patient><ScoringData><Events>{}</Events><StagingData><{}><NeuroAdultAASMStaging>{}"
    "</NeuroAdultAASMStaging></{}></StagingData></ScoringData></PatientStudy>"
)


def rml(events, stages, who="UserStaging") -> str:
    marked = "".join(f'<Event Family="x" Type="{t}" Start="{s}" Duration="{d}"/>' for t, s, d in events)
    return RML.format(marked, who, "".join(f'<Stage Type="{t}" Start="{s}"/>' for t, s in stages), who)


def test_respironics_rml(write):
    events = [("ObstructiveApnea", 12.5, 20), ("RelativeDesaturation", 30, 18), ("Mrs Smith", 1, 1)]
    stages = [("Wake", 0), ("NonREM1", 30), ("NonREM3", 60), ("REM", 90), ("NotScored", 120)]
    scoring = read_scoring(write(rml(events, stages), "a.rml"), night(5))
    assert scoring.hypnogram == (Stage.W, Stage.N1, Stage.N3, Stage.R, Stage.UNSCORED)
    assert [(e.type, e.start_s, e.duration_s) for e in scoring.events] == [
        ("apnea_obstructive", 12.5, 20), ("desaturation", 30, 18),
    ]  # fmt: skip
    assert "one mark" in scoring.warnings[0] and "Smith" not in repr(scoring)
    machine = read_scoring(write(rml([], stages, "MachineStaging"), "a.rml"), night(5))
    assert "by a machine" in machine.warnings[0] and machine.hypnogram == scoring.hypnogram
    assert "Event 1" in refusal(write(rml([("Hypopnea", "x", 1)], stages), "a.rml"))
    assert "Stage 2" in refusal(write(rml([], [("Wake", 30), ("REM", 30)]), "a.rml"))


@pytest.mark.parametrize(
    "header",
    [
        "Sleep Stage\tPosition\tTime [hh:mm:ss]\tEvent\tDuration[s]\tLocation",
        "Schlafstadium\tLage\tZeit [hh:mm:ss]\tEreignis\tDauer[s]\tOrt",
        "Stade\tPosition\tHeure [hh:mm:ss]\tÉvénement\tDurée[s]\tEmplacement",
        "Fase\tPosición\tHora [hh:mm:ss]\tSuceso\tDuración[s]\tLugar",
        "Sleep Stage\tTime [hh:mm:ss.xxx]\tEvent\tDuration [s]",
    ],
)
def test_remlogic_in_every_language(write, header):
    clock_at = next(i for i, cell in enumerate(header.split("\t")) if "[hh" in cell)
    rows = "".join(
        "\t".join([*["W", "x"][:clock_at], clock, word, length, "EEG"]) + "\n"
        for clock, word, length in (("23.00.00", "SLEEP-S0", "30"), ("23:00:30", "HYPOPNEA", "12,5"))
    )
    scoring = read_scoring(
        write(f"X\nPatient:\tJANE SMITH\n\n{header}\n{rows}".encode("utf-16"), "a.txt"), night(2)
    )
    assert scoring.hypnogram[0] is Stage.W and "SMITH" not in repr(scoring)
    assert [(e.type, e.start_s, e.duration_s) for e in scoring.events] == [("hypopnea", 30, 12.5)]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_noxturnal_in_english(write, delimiter, encoding):
    cells = [
        ("Start Time", "End Time", "Event", "Duration", ""),
        ("[]", "[]", "[]", "[s]", ""),
        ("1/31/2018 11:59:30 PM", "2/1/2018 12:00:00 AM", "Wake", "30", ""),
        ("2/1/2018 12:00:00 AM", "2/1/2018 12:00:30 AM", "REM", "30", ""),
        ("2/1/2018 12:00:03 AM", "2/1/2018 12:00:15 AM", "H. Obstructive", "12.125", ""),
        ("1/31/2018 11:59:31 PM", "1/31/2018 11:59:31 PM", "Lights Out", "0", ""),
    ]
    path = write("\n".join(map(delimiter.join, cells)).encode(encoding), "Events.csv")
    scoring = read_scoring(path, night(2, "23:59:30", "2018-01-31"))
    assert scoring.hypnogram == (Stage.W, Stage.R) and scoring.warnings == () and scoring.lights_off_s == 1
    assert [(e.type, e.start_s, e.duration_s) for e in scoring.events] == [("hypopnea", 33, 12.125)]


def test_plain_words_in_edf_annotations_in_several_languages(make_edf):
    words = ["Schlafstadium W", "Sommeil paradoxal", "Tiefschlaf", "Vigilia", "Stage NREM2", "Movement time"]
    marks = [edfio.EdfAnnotation(30 * i, 30, word) for i, word in enumerate(words)]
    marks += [edfio.EdfAnnotation(5, 12, "Obstruktive Apnoe"), edfio.EdfAnnotation(70, None, "Licht aus")]
    recording = open_recording(make_edf(("C3-M2", 100.0, "uV", [0.0, 1.0] * 9000), annotations=marks))
    scoring = embedded_scoring(recording)
    assert scoring
    assert scoring.hypnogram == (Stage.W, Stage.R, Stage.N3, Stage.W, Stage.N2, Stage.UNSCORED)
    assert [(e.type, e.label) for e in scoring.events] == [("apnea_obstructive", "Obstruktive Apnoe")]
    assert scoring.lights_off_s == 70 and not any("word" in w for w in scoring.warnings)


def test_a_format_says_all_that_the_folder_needs_of_it():
    names = [f.__name__.rpartition(".")[2] for f in FORMATS]
    assert (
        names.index("edf_plus") < names.index("bids_events") < names.index("event_csv") < names.index("stage_csv")
    )
    assert all(f.NAME and f.ORDER in range(5) and f.parse.__doc__ for f in FORMATS)
    assert {".csv", ".xml", ".rml", ".annot", ".st"} <= SUFFIXES and ".edf" not in SUFFIXES


PARTS = {
    "parse": "def parse(file): return None\n", "ORDER": "ORDER = 1\n", "NAME": "NAME = 'a new format'\n",
    "SUFFIXES": "SUFFIXES = ('.new',)\n",
}  # fmt: skip


@pytest.mark.parametrize("part", PARTS)
def test_a_module_that_is_half_a_format_says_what_it_lacks(tmp_path, monkeypatch, part):
    name = f"without_{part.lower()}"
    (tmp_path / f"{name}.py").write_text("".join(text for key, text in PARTS.items() if key != part))
    monkeypatch.setattr(annotations, "__path__", [*annotations.__path__, str(tmp_path)])
    with pytest.raises(TypeError, match=f"{name} reads a format of scorings but has no {part}\\."):
        annotations.find_formats()
    del sys.modules[f"sleeplm.recording.annotations.{name}"]


def test_a_format_is_added_by_a_file_in_the_folder_alone(write, tmp_path, monkeypatch):
    (tmp_path / "added").mkdir()
    (tmp_path / "added" / "of_a_new_lab.py").write_text(
        "from sleeplm.recording.annotations.scored import sort_out\n"
        "ORDER, NAME, SUFFIXES = 1, 'a new format', ('.new',)\n"
        "def parse(file):\n"
        "    return sort_out([(0.0, 30.0, 'N2')]) if (file.text or '').startswith('NEW') else None\n"
    )
    path = write("NEW\n", "a.new")
    refusal(path)
    monkeypatch.setattr(annotations, "__path__", [*annotations.__path__, str(tmp_path / "added")])
    monkeypatch.setattr(annotations, "FORMATS", annotations.find_formats())
    assert read_scoring(path, night(1)).hypnogram == (Stage.N2,)
    assert "a new format" in refusal(write("OLD\n", "a.new"))
    del sys.modules["sleeplm.recording.annotations.of_a_new_lab"]


def test_no_word_of_a_stage_is_one_of_an_event():
    assert stage_of("Apnoe") is None and event_of("Wach") is None and stage_of("Ronco") is None
