import pytest

from assistant.ui.uploads import only_annotations, remove_uploads, sort_uploads
from sleeplm.errors import UsageError


def test_a_recording_and_its_scorings_are_told_apart(data):
    folder = data / "recordings"
    files = [folder / "ucddb018_stage.csv", folder / "ucddb018.edf", folder / "ucddb018_events.csv"]
    recording, scorings = sort_uploads(files)
    assert recording == files[1] and scorings == [files[0], files[2]]


@pytest.mark.parametrize("suffix", [".annot", ".eannot", ".HYP", ".xml", ".tsv", ".rml", ".st"])
def test_a_scoring_is_known_by_its_ending(tmp_path, suffix):
    recording, scoring = tmp_path / "night.edf", tmp_path / f"night{suffix}"
    recording.touch()
    scoring.touch()
    assert sort_uploads([scoring, recording]) == (recording, [scoring])


def test_the_header_of_wfdb_annotations_is_put_beside_them(tmp_path):
    night, notes, header = (tmp_path / part for part in ("1/night.edf", "2/tr03.arousal", "3/tr03.hea"))
    for path in (night, notes, header):
        path.parent.mkdir()
        path.write_text(path.name)
    assert sort_uploads([header, night, notes]) == (night, [notes])
    assert (tmp_path / "2/tr03.hea").read_text() == "tr03.hea"


def test_an_edf_of_annotations_alone_is_a_scoring(data):
    folder = data / "recordings"
    signals, hypnogram = folder / "sleepedf_sc4001_5min.edf", folder / "sleepedf_sc4001_hypnogram.edf"
    assert sort_uploads([hypnogram, signals]) == (signals, [hypnogram])
    assert not only_annotations(folder / "nox_a1_2min.edf")


def test_none_or_two_recordings_are_refused_in_one_sentence(tmp_path):
    for name in ("a.edf", "b.edf", "c.csv"):
        (tmp_path / name).write_text("x")
    with pytest.raises(UsageError, match="choose a recording first"):
        sort_uploads([])
    with pytest.raises(UsageError, match="none of these files is a recording"):
        sort_uploads([tmp_path / "c.csv"])
    with pytest.raises(UsageError, match="2 recordings were chosen") as caught:
        sort_uploads([tmp_path / "a.edf", tmp_path / "b.edf"])
    assert "a.edf" not in str(caught.value)  # a file's name may say who the patient is


def test_uploads_are_removed_and_nothing_else(tmp_path, monkeypatch):
    root = tmp_path / "uploads"
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(root))
    inside, outside = root / "abc" / "night.edf", tmp_path / "mine" / "night.edf"
    for path in (inside, outside):
        path.parent.mkdir(parents=True)
        path.write_text("x")
    remove_uploads([inside, outside, root / "abc" / ".." / ".." / "mine" / "night.edf"])
    assert not inside.parent.exists() and root.exists() and outside.exists()
