"""Formats of databases and devices: WSC, Stanford, U-Sleep, MNE, Luna's XML, EDFbrowser, DREAMS, ResMed."""

import numpy as np
import pytest
from fakes import FakeRecording
from scoring_helpers import night, refusal

from sleeplm.kinds.stages import Stage
from sleeplm.recording import open_recording
from sleeplm.recording.annotations import read_scoring
from sleeplm.recording.annotations.resmed import is_resmed, settled

TEN = tuple(Stage(s) for s in ("W", "W", "N1", "N2", "N2", "N3", "N3", "N2", "R", "R"))
W, N2, R = Stage.W, Stage.N2, Stage.R


def events_of(scoring):
    return [(e.type, e.start_s, e.duration_s) for e in scoring.events]


ALLSCORE = (
    "23:00:00.00\tSTART RECORDING\n23:00:00.00\tSTAGE - W\n23:00:10.00\tPOSITION - BACK\n23:00:30.00\tLIGHTS OUT\n"
    "23:01:00.00\tSTAGE - N2\n23:01:10.50\tRESPIRATORY EVENT - DUR: 24.9 SEC. - OBSTRUCTIVE APNEA - DESAT 90.0 %\n"
    "23:01:40.00\tAROUSAL - DUR: 3.0 SEC. - SPONTANEOUS\n23:02:30.00\tSTAGE - R\n23:03:00.00\tLIGHTS ON\n"
)


def test_stages_of_allscore_last_to_the_next_change(write):
    scoring = read_scoring(write(ALLSCORE, "wsc.allscore.txt"), night(6))
    assert scoring.hypnogram == (W, W, N2, N2, N2, R)
    assert events_of(scoring) == [("apnea_obstructive", 70.5, 24.9), ("arousal", 100, 3)]
    assert (scoring.lights_off_s, scoring.lights_on_s) == (30, 180)


def test_allscore_over_midnight(write):
    late = ALLSCORE.replace("23:00:", "23:59:").replace("23:01:", "00:00:").replace("23:02:", "00:01:")
    scoring = read_scoring(write(late.replace("23:03:", "00:02:"), "a.txt"), night(6, "23:59:00"))
    assert scoring.hypnogram == (W, W, N2, N2, N2, R) and len(scoring.events) == 2


def test_a_row_of_allscore_without_a_clock_is_refused_by_number(write):
    assert "Row 3" in refusal(write(ALLSCORE.replace("23:00:10.00\t", "early\t"), "a.txt"))


def test_stages_of_a_stg_table_are_those_of_the_scorer(write):
    rows = "".join(f"{i}\t{s}\t0\n" for i, s in enumerate([0, 0, 1, 2, 5, 5], 1))
    scoring = read_scoring(write(f"Epoch\tUser-Defined Stage\tCAST-Defined Stage\n{rows}", "a.stg.txt"), night(6))
    assert [str(s) for s in scoring.hypnogram] == ["W", "W", "N1", "N2", "R", "R"]


@pytest.mark.parametrize("between", [" ", "\t", "  ", ","])
def test_sta_is_an_epoch_and_a_stage_a_line(write, between):
    rows = "".join(f"{i}{between}{s}\n" for i, s in enumerate([0, 1, 2, 3, 4, 5], 1))
    scoring = read_scoring(write(rows, "a.STA"), night(6))
    assert [str(s) for s in scoring.hypnogram] == ["W", "N1", "N2", "N3", "N3", "R"]
    assert "numbers are read as" in scoring.warnings[0]


def test_sta_whose_numbers_can_mean_several_things_is_asked_about(write):
    sentence = refusal(write("1 0\n2 1\n3 2\n4 3\n5 4\n", "a.sta"), night(5))
    assert "a.sta" in sentence and "#" in sentence


def test_sta_that_leaves_an_epoch_out_is_refused(write):
    assert "Row 3" in refusal(write("1 0\n2 0\n4 5\n", "a.sta"), night(4))


@pytest.mark.parametrize("header", ["", "init,duration,stage\n"])
def test_ids_of_usleep(write, header):
    scoring = read_scoring(write(f"{header}0,60,W\n60,90,N2\n150,30,REM\n", "a.ids"), night(6))
    assert scoring.hypnogram == (W, W, N2, N2, N2, R)
    assert "Row 2" in refusal(write(f"{header}0,60,W\n60,x,N2\n", "a.ids")).replace("Row 3", "Row 2")


@pytest.mark.parametrize("start", ["None", "2021-11-18 23:00:00+00:00", "2021-11-18 23:00:00.000000+00:00"])
def test_annotations_that_mne_saved(write, start):
    text = f"# MNE-Annotations\n# orig_time : {start}\n# onset, duration, description\n"
    text += "0.0, 30.0, Sleep stage W\n30.0, 60.0, Sleep stage 2\n40.5, 12.0, Hypopnea\n"
    scoring = read_scoring(write(text, "a.txt"), night(3, date="2021-11-18"))
    assert scoring.hypnogram == (W, N2, N2) and events_of(scoring) == [("hypopnea", 40.5, 12)]


def test_mne_writes_what_we_read(write, tmp_path):
    mne = pytest.importorskip("mne")
    annotations = mne.Annotations(
        [0, 30, 45.5], [30, 30, 10], ["Sleep stage W", "Sleep stage R", "Obstructive apnea"]
    )
    annotations.save(tmp_path / "a.txt")
    annotations.save(tmp_path / "a.csv")
    for name in ("a.txt", "a.csv"):
        scoring = read_scoring(tmp_path / name, night(2, date=None))
        assert scoring.hypnogram == (W, R)
        assert events_of(scoring) == [("apnea_obstructive", 45.5, 10)]


def luna(*instances):
    rows = "".join(
        f"<Instance class='{c}'><Name>{n}</Name><Start>{s}</Start><Duration>{d}</Duration></Instance>"
        for c, n, s, d in instances
    )
    return f"<?xml version='1.0'?><Annotations><Classes/><Instances>{rows}</Instances></Annotations>"


def test_luna_xml_names_a_stage_by_its_class_or_its_name(write):
    text = luna(("NREM2", ".", 0, 30), ("SleepStage", "R", 30, 30), ("apnea_obstructive", ".", 40, 12))
    scoring = read_scoring(write(text, "a.xml"), night(2))
    assert scoring.hypnogram == (N2, R) and events_of(scoring) == [("apnea_obstructive", 40, 12)]
    assert "Event 1" in refusal(write(luna(("N2", ".", "x", 30)), "a.xml"))


@pytest.mark.parametrize("onset", ["2021-11-18T23:00:40.5000000", "40.5", "+40.5", "23:00:40.5"])
def test_annotations_of_edfbrowser(write, onset):
    text = (
        "<?xml version='1.0' encoding='UTF-8'?><annotationlist><annotation><onset>"
        f"{onset}</onset><duration>12</duration><description>Hypopnea</description></annotation></annotationlist>"
    )
    assert events_of(read_scoring(write(text, "a.xml"), night(4, date="2021-11-18"))) == [("hypopnea", 40.5, 12)]


@pytest.mark.parametrize(
    ("first", "type_"),
    [
        ("[vis_Spindles1_C3-A1]", "spindle"),
        ("[Automatic_detection_spindles/C3-A1]", "spindle"),
        ("[vis_arousals]", "arousal"),
    ],
)
def test_events_of_dreams(write, first, type_):
    scoring = read_scoring(write(f"{first}\n   3.5   0.8\n   44.0   1.2\n", "a.txt"), night(4))
    assert events_of(scoring) == [(type_, 3.5, 0.8), (type_, 44, 1.2)]
    assert "Row 2" in refusal(write(f"{first}\n3.5 0.8\n44\n", "a.txt"))


NOTES = [(0.0, 0.0, "Recording starts"), (120.0, 20.0, "Obstructive Apnea"), (300.0, 30.0, "Hypopnea")]


def flow(*reduced):
    t = np.arange(600 * 25) / 25
    signal = np.sin(2 * np.pi * 0.25 * t)
    for first, last in reduced:
        signal[first * 25 : last * 25] *= 0.05
    return FakeRecording({"AF": (signal, 25.0)}, 600.0)


@pytest.mark.parametrize(
    ("recording", "starts", "says"),
    [
        (flow((100, 120), (270, 300)), [100, 270], "ends, as the airflow shows"),
        (flow((120, 140), (300, 330)), [120, 300], "begins, as the airflow shows"),
        (flow(), [100, 270], "no airflow settles it"),
        (None, [100, 270], "no airflow settles it"),
    ],
    ids=["at the end", "at the start", "flow that does not tell", "no recording"],
)
def test_the_flow_settles_whether_a_device_notes_the_end_of_an_event(recording, starts, says):
    assert is_resmed(NOTES)
    marks, notice = settled(NOTES, 0.0, recording)
    assert [at for at, length, _ in marks if length] == starts and says in notice


def test_stretches_of_csr_are_cheyne_stokes_breathing():
    notes = [
        (0.0, 0.0, "Recording starts"),
        (60.0, 0.0, "CSR Start"),
        (360.0, 0.0, "CSR End"),
        (9.0, 0.0, "CSR End"),
    ]
    marks, notice = settled(notes, 0.0, None)
    assert ("Cheyne-Stokes" in [text for *_, text in marks]) and (60.0, 300.0, "Cheyne-Stokes") in marks
    assert len(marks) == 2 and notice == ""


@pytest.mark.parametrize(
    "name", ["20a_wsc_allscore.txt", "20b_wsc_stg.txt", "20c_sta.STA", "24e_mne_txt.txt", "28e_luna.xml",
             "28j_luna_mixed.annot"],
)  # fmt: skip
def test_formats_as_people_reported_them(cases, name):
    folder = cases / "recordings"
    assert read_scoring(folder / name, open_recording(folder / "00_base.edf")).hypnogram == TEN


def test_a_devices_notes_as_people_reported_them(cases):
    folder = cases / "recordings"
    scoring = read_scoring(folder / "27a_eve.edf", open_recording(folder / "27_brp.edf"))
    assert ("apnea_obstructive", 100, 20) in events_of(scoring)


def test_a_wfdb_header_is_refused_for_what_it_is(cases, write):
    from sleeplm.errors import NotARecordingError

    path = cases / "recordings" / "41a_wfdb.hea"
    with pytest.raises(NotARecordingError, match="not read"):
        open_recording(path)
    assert "WFDB recording" in refusal(path)
