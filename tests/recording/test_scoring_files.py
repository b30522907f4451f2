from collections import Counter

import edfio
import pytest

from sleeplm.errors import NoOverlapError
from sleeplm.kinds.events import APNEAS
from sleeplm.kinds.stages import Stage
from sleeplm.recording import open_recording
from sleeplm.recording.annotations import embedded_scoring, read_scoring


def stages_of(scoring) -> Counter:
    return Counter(str(s) for s in scoring.hypnogram)


@pytest.fixture(scope="module")
def ucddb018(data):
    return open_recording(data / "recordings/ucddb018.edf")


def test_expert_stages_of_ucddb018(data, ucddb018):
    scoring = read_scoring(data / "recordings/ucddb018_stage.csv", ucddb018)
    assert stages_of(scoring) == {"W": 328, "N1": 58, "N2": 280, "N3": 137, "R": 19}
    assert (scoring.hypnogram_source, scoring.events, scoring.warnings) == ("expert", (), ())


def test_expert_events_of_ucddb018_mark_all_respiratory_types_as_scored(data, ucddb018):
    scoring = read_scoring(data / "recordings/ucddb018_events.csv", ucddb018)
    assert [e.type for e in scoring.events] == ["hypopnea"] * 9
    assert (scoring.events[0].start_s, scoring.events[0].duration_s, scoring.events[0].label) == (
        17093,
        21,
        "HYP-O",
    )
    assert set(scoring.event_sources) == {*APNEAS, "hypopnea"}
    assert not scoring.was_scored("arousal") and scoring.hypnogram == () and scoring.hypnogram_source is None


def test_change_points_of_dynamo_land_on_the_grid(data):
    night = open_recording(data / "recordings/dynamo_84min.edf")
    scoring = read_scoring(data / "recordings/dynamo_84min_stages.csv", night)
    assert len(scoring.hypnogram) == 167
    # Stages change at 40, 70 and 100 s: the epochs from 30 and 60 s belong for 20 s to the one that begins there.
    assert scoring.hypnogram[:5] == (Stage.R, Stage.W, Stage.N1, Stage.N2, Stage.N2)
    assert scoring.hypnogram[-1] is Stage.R
    assert "0 ?" not in scoring.warnings[0] and "5 W" in scoring.warnings[0]


def test_sleep_edf_hypnogram_meets_its_recording(data):
    night = open_recording(data / "recordings/sleepedf_sc4001_5min.edf")
    scoring = read_scoring(data / "recordings/sleepedf_sc4001_hypnogram.edf", night)
    assert scoring.hypnogram == (Stage.W,) * 10
    assert any("cut off" in w for w in scoring.warnings)


def test_all_sleep_edf_hypnograms_parse(data, ucddb018):
    paths = sorted((data / "scorings/sleepedf20").glob("*.edf"))
    assert len(paths) == 20
    for path in paths:
        counts = stages_of(read_scoring(path, ucddb018))
        assert {"W", "N1", "N2", "N3", "R"} <= set(counts) and sum(counts.values()) == 822


def test_machine_scored_events_of_a_cpap_night(data):
    night = open_recording(data / "recordings/cpap_night/20241127_004016_BRP.edf")
    scoring = read_scoring(data / "recordings/cpap_night/20241127_004009_EVE.edf", night)
    counts = Counter(e.type for e in scoring.events)
    assert counts["hypopnea"] == 9 and counts["apnea_central"] + counts["apnea_obstructive"] == 70
    assert any("one event lies outside" in w for w in scoring.warnings)


def test_noxturnal_export_aligned_by_the_clock_across_midnight(data, ucddb018):
    scoring = read_scoring(data / "scorings/noxturnal_export_2.csv", ucddb018)
    # It starts at 23:45:40, the recording at 23:49:02, so that it begins 202 s before.
    assert stages_of(scoring) == {"N2": 354, "R": 146, "W": 143, "N3": 141, "N1": 38}
    counts = Counter(e.type for e in scoring.events)
    assert (counts["apnea_obstructive"], counts["hypopnea"], counts["arousal"]) == (114, 89, 76)
    assert (counts["leg_movement"], counts["plm"], counts["apnea_mixed"]) == (29, 1, 1)


def test_noxturnal_export_of_another_date_does_not_overlap(data):
    night = open_recording(data / "recordings/nox_a1_2min.edf")
    with pytest.raises(NoOverlapError, match=r"2016-01-15 22:30:00 .* 2018-02-06 01:36:50"):
        read_scoring(data / "scorings/noxturnal_export_1.csv", night)


def test_clock_times_need_a_start_clock(data):
    night = open_recording(data / "recordings/dynamo_84min.edf")
    with pytest.raises(NoOverlapError, match="does not say when it starts"):
        read_scoring(data / "scorings/noxturnal_export_1.csv", night)


def test_stages_of_a_whole_night_are_not_those_of_five_minutes(data):
    night = open_recording(data / "recordings/sleepedf_sc4001_5min.edf")
    with pytest.raises(NoOverlapError, match="0 s to 24660 s"):
        read_scoring(data / "recordings/ucddb018_stage.csv", night)
    with pytest.raises(NoOverlapError, match="17093 s to 21702 s"):
        read_scoring(data / "recordings/ucddb018_events.csv", night)


def test_annotations_of_the_recording_itself_score_it(make_edf):
    words = ("Sleep stage W", "Sleep stage N2")
    stages = [edfio.EdfAnnotation(30 * i, 30, text) for i, text in enumerate(words)]
    other = [edfio.EdfAnnotation(12, 15, "Obstructive apnea"), edfio.EdfAnnotation(40, None, "Mrs Smith coughs")]
    scoring = embedded_scoring(open_recording(make_edf("C3-M2", annotations=[*stages, *other])))
    assert scoring
    assert scoring.hypnogram == (Stage.W, Stage.N2)
    assert [(e.type, e.start_s, e.duration_s) for e in scoring.events] == [("apnea_obstructive", 12, 15)]
    assert "Smith" not in repr(scoring) and any("one mark with an unknown word" in w for w in scoring.warnings)


def test_annotations_that_score_nothing_are_no_scoring(make_edf):
    night = open_recording(make_edf("C3-M2", annotations=[edfio.EdfAnnotation(1, None, "Start Recording")]))
    assert embedded_scoring(night) is None


def test_stage_marks_without_duration_last_until_the_next(make_edf):
    marks = [edfio.EdfAnnotation(0, None, "Sleep stage W"), edfio.EdfAnnotation(30, None, "Sleep stage R")]
    night = open_recording(make_edf("C3-M2", annotations=marks))
    scoring = embedded_scoring(night)
    assert scoring and scoring.hypnogram == (Stage.W, Stage.R)


def test_lights_are_kept(make_edf):
    marks = [edfio.EdfAnnotation(5, None, "Lights off"), edfio.EdfAnnotation(50, None, "Lights On")]
    night = open_recording(make_edf("C3-M2", annotations=[*marks, edfio.EdfAnnotation(9, 3, "Arousal")]))
    scoring = embedded_scoring(night)
    assert scoring
    assert (scoring.lights_off_s, scoring.lights_on_s) == (5, 50)
