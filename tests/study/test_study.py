import csv
import io
import json
import stat
import warnings

import numpy as np
import pytest
from edfio import Edf, EdfAnnotation, EdfSignal, Patient, Recording, read_edf
from fakes_model import FakeEncoder, write_short_night
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from index import Index
from sleeplm import RESEARCH_USE
from sleeplm.errors import NoUsableChannelError, RecordingError, ScoringError, StudyError, UsageError
from sleeplm.kinds.channels import CHANNEL_NAMES
from sleeplm.night import Basis, Event, Fact, Interval
from sleeplm.recording import open_recording
from sleeplm.recording.epochs import cut_epochs
from sleeplm.study import analysis
from sleeplm.study import folder as study_store
from sleeplm.study.analysis import analyze
from sleeplm.study.choices import Choices
from sleeplm.study.export import events_csv, numbers_csv
from sleeplm.study.person import Person
from sleeplm.study.pipeline import STEPS
from sleeplm.study.study import Study, list_studies, open_study


@pytest.fixture
def studies(tmp_path):
    return tmp_path / "studies"


@pytest.fixture
def night(tmp_path):
    return write_short_night(tmp_path / "Dornberg_Johannes.edf", patient=Patient(name="Johannes_Dornberg"))


@pytest.fixture
def events(tmp_path):
    file = tmp_path / "Dornberg_events.csv"
    file.write_text("type,start_s,duration_s\nhypopnea,35,15\nhypopnea,130.5,20\n")
    return file


@pytest.fixture
def study(night, events, studies):
    return analyze(night, [events], studies_dir=studies, encoder=FakeEncoder())


def test_a_study_reads_back_what_was_derived(study, night):
    epochs = cut_epochs(open_recording(night))
    again = open_study(study.id, study.folder.parent)
    assert again.n_epochs == 8 and again.channels == ["AF", "C3", "C4", "SPO2"]
    assert [e.type for e in again.scoring.events_of("hypopnea")] == ["hypopnea", "hypopnea"]
    assert again.scoring.hypnogram_source is None and again.facts and len(again.captions) == 8
    encoded = FakeEncoder().encode(epochs)
    np.testing.assert_array_equal(again.embeddings, encoded.embeddings)
    np.testing.assert_array_equal(again.patches, encoded.patches.astype(np.float16))
    np.testing.assert_array_equal(again.tokens, encoded.tokens.astype(np.float16))
    assert isinstance(again.patches, np.memmap) and not again.simulated


def test_stored_signals_are_those_that_were_cut(study, night):
    epochs = cut_epochs(open_recording(night))
    stored = study.epochs([8, 1])
    np.testing.assert_array_equal(stored.present, epochs.present[[7, 0]])
    np.testing.assert_allclose(stored.signals, epochs.signals[[7, 0]], atol=2e-3)
    seconds, values = study.signal("C4", 29.5, 61)
    assert seconds[0] == 29.5 and seconds[-1] == 61 - 1 / 64 and values.dtype == np.float32
    flat = epochs.signals[:, CHANNEL_NAMES.index("C4")].ravel()
    np.testing.assert_allclose(values, flat[int(29.5 * 64) : 61 * 64], atol=2e-3)


def test_what_was_not_recorded_is_refused_and_what_is_absent_is_not_zero(study):
    with pytest.raises(UsageError, match="ECG was not recorded"):
        study.signal("ECG", 0, 30)
    with pytest.raises(UsageError, match="nothing lies between"):
        study.signal("C3", 500, 600)
    with pytest.raises(UsageError, match="from 1 to 8"):
        study.epochs([0])
    study.present[1, CHANNEL_NAMES.index("C3")] = False
    _, values = study.signal("C3", 0, 90)
    assert np.isnan(values[1920:3840]).all() and np.isfinite(values[:1920]).all()


@settings(max_examples=60)
@given(
    arrays(
        np.float32,
        (2, 1920),
        elements=st.floats(-1e6, 1e6, width=32) | st.just(np.nan),
        fill=st.floats(-300, 300, width=32),
    )
)
def test_packing_keeps_each_sample_within_a_step_of_its_epochs_range(signals):
    levels, ranges = study_store.pack(signals)
    back = study_store.unpack(levels, ranges)
    np.testing.assert_array_equal(np.isnan(back), np.isnan(signals))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # of an epoch that is all NaN
        span = np.nanmax(signals, axis=1, keepdims=True) - np.nanmin(signals, axis=1, keepdims=True)
        large = np.nanmax(np.abs(signals), axis=1, keepdims=True)
    allowed = np.nan_to_num(span / 65534 * 0.51 + large * 4e-7)
    assert (np.nan_to_num(np.abs(back - signals)) <= allowed + 1e-30).all()


def test_a_constant_epoch_is_kept_exactly():
    signals = np.full((1, 1920), 97.3, np.float32)
    np.testing.assert_array_equal(study_store.unpack(*study_store.pack(signals)), signals)


def test_the_json_is_the_contract(study):
    result = json.loads(json.dumps(study.as_json(), allow_nan=False))
    assert {"study", "recording", "scoring", "facts", "warnings", "seconds"} <= result.keys()
    assert result["study"] == study.id and result["research_use"] == RESEARCH_USE
    assert result["recording"]["duration_s"] == 240 and set(result["recording"]["start"]) == {"date", "clock"}
    assert {"label", "sfreq_hz", "unit"} <= result["recording"]["channels"]["C3"].keys()
    assert "ECG" in result["recording"]["missing"]
    assert result["scoring"]["hypnogram"] == ["?"] * 8 and result["scoring"]["hypnogram_source"] is None
    names = {"type", "start_s", "duration_s", "channels", "source", "confidence", "rule", "label"}
    assert all(set(e) == names for e in result["scoring"]["events"])
    assert set(result["seconds"]) == set(STEPS)


def test_no_name_is_kept(study, night):
    kept = b"".join(p.read_bytes() for p in study.folder.iterdir()).lower()
    assert b"dornberg" not in kept and b"johannes" not in kept


def test_no_planted_name_is_kept_whatever_it_hides_in(tmp_path, studies, caplog):
    file = tmp_path / "Quillfeather night.edf"
    marks = [
        EdfAnnotation(at, 12.0, text)
        for at, text in (
            (35, "Hypopnea|Quillfeather"),
            (80, "called Quillfeather"),
            (130, f"H{' ' * 130}Quillfeather"),
        )
    ]
    edf = read_edf(write_short_night(file, patient=Patient(name="Quillfeather", code="Quillfeather")))
    edf.signals[1].label = "Quillfeather C4"
    edf.recording = Recording(hospital_administration_code="Quillfeather", additional=("Quillfeather",))
    Edf(edf.signals, patient=edf.patient, recording=edf.recording, annotations=marks).write(file)
    scoring = tmp_path / "Quillfeather.csv"
    scoring.write_text("type,start_s,duration_s\narousal,35,5\nQuillfeather,60,5\n")
    study = analyze(
        file,
        [scoring],
        Choices({"C4": "Quillfeather C4"}),
        studies_dir=studies,
        encoder=FakeEncoder(),
        notices=["C4 is 'Quillfeather C4', as you chose before."],
        person=Person("Quillfeather"),
    )
    assert study.recording["channels"]["C4"]["label"] == "Signal 2" and "C4 is 'Signal 2'" in study.warnings[0]
    assert len(study.scoring.events_of("hypopnea")) == 2
    index = Index.create(tmp_path / "index", 16, study.model)
    index.add(study)
    kept = [p.read_bytes() for folder in (studies, index.folder) for p in folder.rglob("*") if p.is_file()]
    stated = [json.dumps(study.as_json()), numbers_csv(study), events_csv(study), caplog.text, *open_prompts(study)]
    for name in ("Quillfeather", "quillfeather"):
        assert not [s for s in stated if name in s]
        assert not [k for k in kept for e in ("utf-8", "utf-16-le", "utf-16-be") if name.encode(e) in k]


def test_no_name_in_a_unit_or_in_another_script_is_kept(tmp_path, studies):
    file = write_short_night(tmp_path / "night.edf")
    data = bytearray(file.read_bytes())
    units = 256 + 96 * int(data[252:256])
    for at, text in ((256, "C3-M2 宮本"), (272, "C4-M1 Žižka"), (units, "Quillf"), (units + 24, "宮本")):
        data[at : at + len(text.encode())] = text.encode()
    file.write_bytes(data)
    study = analyze(
        file, choices=Choices({"C3": "C3-M2 宮本", "C4": "C4-M1 Žižka"}), studies_dir=studies, encoder=FakeEncoder()
    )
    channels = study.recording["channels"]
    assert (channels["C3"]["label"], channels["C4"]["label"]) == ("C3-M2", "Signal 2")
    assert (
        "C3 is 'C3-M2': chosen by the user; has the unit 'unknown'; its values are taken as uV." in study.warnings
    )
    assert {q.channel for q in study.questions} >= {"C3"}
    kept = [p.read_bytes() for p in studies.rglob("*") if p.is_file()]
    for name in ("宮本", "Žižka", "Quillf"):
        assert not [k for k in kept if name.encode() in k or json.dumps(name)[1:-1].encode() in k]
        assert name not in json.dumps(study.as_json(), ensure_ascii=False)


def open_prompts(study) -> list[str]:
    """What the language model would be told of a night: all that happened in it, and how it looks."""
    from assistant.tools.context import Context
    from assistant.tools.passage import describe_epoch, window

    return [repr(window(Context(study), "1", "8")), *(repr(describe_epoch(study, n)) for n in range(1, 9))]


def test_a_real_recording_of_two_minutes_is_kept_without_its_patient(data, studies):
    file = data / "recordings" / "nox_a1_2min.edf"
    study = analyze(file, studies_dir=studies, encoder=FakeEncoder())
    # Positions are an angle whose sign nothing in the file tells: they are asked about, and not used until then.
    assert study.channels == [c for c in CHANNEL_NAMES if c != "POS"] and "POS" in study.recording["channels"]
    assert study.n_epochs == 4 and study.scoring.hypnogram_source is None
    assert {f.value for f in study.facts if f.id == "tst_min"} == {None} and all(
        "brain" in c for c in study.captions
    )
    header = file.read_bytes()[8:168].decode("utf-8", "replace")
    identity = [word for word in header.split() if len(word) > 3]
    kept = "".join(p.read_text() for p in study.folder.glob("*.json"))
    assert identity and not [word for word in identity if word in kept]


def test_the_same_input_finds_the_same_study_without_work(night, events, studies, study):
    encoder = FakeEncoder()
    again = analyze(night, [events], studies_dir=studies, encoder=encoder)
    assert again.id == study.id and again.created == study.created and encoder.encoded == 0
    assert analyze(night, studies_dir=studies, encoder=encoder).id != study.id
    assert analyze(night, [events], Choices({"C3": "C4-M1"}), studies_dir=studies, encoder=encoder).id != study.id
    assert (
        analyze(night, [events], Choices(lights_s=(None, 200)), studies_dir=studies, encoder=encoder).id != study.id
    )


def test_the_id_rests_on_the_bytes_and_on_a_private_key(tmp_path, night, studies, study):
    copy = tmp_path / "copy.edf"
    copy.write_bytes(night.read_bytes())
    assert study_store.study_id(studies, copy) == study_store.study_id(studies, night)
    assert study_store.study_id(tmp_path / "elsewhere", night) != study_store.study_id(studies, night)
    copy.write_bytes(night.read_bytes()[:-1] + b"x")
    assert study_store.study_id(studies, copy) != study_store.study_id(studies, night)
    assert stat.S_IMODE((studies / ".key").stat().st_mode) == 0o600
    assert stat.S_IMODE(studies.stat().st_mode) == 0o700
    assert study_store.is_id(study.id)


def test_other_files_of_a_recording_count_for_its_id(tmp_path):
    header, signals = tmp_path / "night.vhdr", tmp_path / "night.eeg"
    header.write_text("header")
    signals.write_bytes(b"one")
    first = study_store.study_id(tmp_path / "studies", header)
    signals.write_bytes(b"two")
    assert study_store.study_id(tmp_path / "studies", header) != first


def test_other_weights_make_the_study_anew_under_its_label(night, studies):
    first = analyze(night, studies_dir=studies, encoder=FakeEncoder(), label="mine")
    second = analyze(night, studies_dir=studies, encoder=FakeEncoder(name="other"))
    assert second.id == first.id and second.model["name"] == "other" and second.label == "mine"
    assert len(list_studies(studies)) == 1 and not list(studies.glob(".sleeplm-old-*"))


def test_progress_names_every_step_in_order(night, studies):
    steps = []
    analyze(night, studies_dir=studies, encoder=FakeEncoder(), progress=lambda *step: steps.append(step))
    assert [step for step, _ in steps] == [*STEPS, "saving"]
    fractions = [fraction for _, fraction in steps]
    assert fractions == sorted(fractions) and fractions[-1] == 1


def test_labels_are_unique_and_open_studies(night, studies, tmp_path):
    other = write_short_night(tmp_path / "other.edf", seed=1)
    first = analyze(night, studies_dir=studies, encoder=FakeEncoder(), label=" first night ")
    second = analyze(other, studies_dir=studies, encoder=FakeEncoder())
    assert second.label == f"night-{second.id[:6]}"
    with pytest.raises(UsageError, match="is taken"):
        analyze(other, studies_dir=studies, encoder=FakeEncoder(), label="first night")
    with pytest.raises(UsageError, match="is taken"):
        analyze(other, studies_dir=studies, encoder=FakeEncoder(), label=first.id)
    assert analyze(other, studies_dir=studies, encoder=FakeEncoder(), label="second").label == "second"
    assert open_study("second", studies).id == second.id
    for ref in (first.id, "first night", first.folder, str(first.folder)):
        assert open_study(ref, studies).id == first.id
    assert [s.label for s in list_studies(studies)] == ["second", "first night"]


@pytest.mark.parametrize("label", ["", "  ", "a/b", "..\\x", "two\nlines", "x" * 61, "\x00"])
def test_labels_that_cannot_be_shown_or_typed_are_refused(label, night, studies):
    with pytest.raises(UsageError, match="a label is"):
        analyze(night, studies_dir=studies, encoder=FakeEncoder(), label=label)


@pytest.mark.parametrize("ref", ["nothing", "", "..", "a" * 16])
def test_an_unknown_study_is_named_with_those_that_exist(ref, study, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(StudyError, match=f"{study.label}|not a study"):
        open_study(ref, study.folder.parent)


def test_the_environment_names_the_home_of_studies(night, monkeypatch, tmp_path):
    monkeypatch.setenv("SLEEPLM_STUDIES", str(tmp_path / "home"))
    study = analyze(night, encoder=FakeEncoder())
    assert study.folder.parent == tmp_path / "home" and open_study(study.id).id == study.id


def test_a_write_that_dies_before_the_manifest_leaves_no_study(night, studies, monkeypatch):
    save = study_store.save

    def dies(folder, contents):
        if study_store.MANIFEST in contents:
            raise KeyboardInterrupt
        save(folder, contents)

    monkeypatch.setattr(study_store, "save", dies)
    with pytest.raises(KeyboardInterrupt):
        analyze(night, studies_dir=studies, encoder=FakeEncoder())
    assert list_studies(studies) == [] and not list(studies.glob(".sleeplm-new-*"))


def test_what_a_killed_process_left_is_cleared_or_brought_back(night, studies, study):
    (studies / ".sleeplm-new-abc").mkdir()
    (studies / ".sleeplm-deleted-abc").mkdir()
    study.folder.rename(studies / f".sleeplm-old-{study.id}")
    with study_store.locked(studies):
        pass
    assert {p.name for p in studies.iterdir()} == {study.id, ".key", ".lock"}
    assert open_study(study.id, studies).n_epochs == 8


def test_a_folder_that_is_not_whole_is_no_study(study, studies, caplog):
    embeddings = study.folder / "embeddings.npy"
    embeddings.write_bytes(embeddings.read_bytes()[:-4])
    with pytest.raises(StudyError, match=r"not whole \(embeddings.npy"):
        open_study(study.id, studies)
    assert list_studies(studies) == [] and "embeddings.npy" in caplog.text
    (study.folder / "manifest.json").write_text("{")
    with pytest.raises(StudyError, match="not whole"):
        open_study(study.folder)
    (study.folder / "manifest.json").unlink()
    with pytest.raises(StudyError, match="is not a study"):
        open_study(study.folder)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.recursive(st.none() | st.integers() | st.text(), lambda x: st.lists(x) | st.dictionaries(st.text(), x)),
    st.data(),
)
def test_no_manifest_breaks_the_opening(tmp_path, value, data):
    good = {"format": study_store.FORMAT, "files": {}, "id": "a", "label": "b", "recording": {"start": {}}}
    if data.draw(st.booleans()):
        value = good | {data.draw(st.sampled_from(sorted(good))): value}
    (tmp_path / "manifest.json").write_text(json.dumps(value))
    with pytest.raises(StudyError):
        Study(tmp_path)


def test_a_damaged_study_is_made_anew(study, night, events, studies):
    (study.folder / "tokens.npy").unlink()
    again = analyze(night, [events], studies_dir=studies, encoder=FakeEncoder())
    assert again.id == study.id and again.created != study.created and again.tokens.shape[0] == 8


def test_pickled_arrays_are_not_loaded(study):
    np.save(study.folder / "patches.npy", np.array([{}], dtype=object), allow_pickle=True)
    with pytest.raises(StudyError, match=r"patches\.npy"):
        Study.patches.func(study)


def test_a_home_that_cannot_be_written_is_one_sentence(night, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StudyError, match="cannot be written"):
        analyze(night, studies_dir=tmp_path / "file", encoder=FakeEncoder())


def test_a_full_disk_is_one_sentence_and_leaves_nothing(night, studies, monkeypatch):
    def full(file, array, allow_pickle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "save", full)
    with pytest.raises(StudyError, match="No space left on device"):
        analyze(night, studies_dir=studies, encoder=FakeEncoder())
    assert {p.name for p in studies.iterdir()} == {".key", ".lock"}


def test_a_damaged_key_is_said(night, studies, study):
    (studies / ".key").write_bytes(b"short")
    with pytest.raises(StudyError, match="damaged"):
        analyze(night, studies_dir=studies, encoder=FakeEncoder())


def test_wrong_arguments_are_refused_before_any_work(night, studies, tmp_path):
    with pytest.raises(UsageError, match="lights off"):
        analyze(night, choices=Choices(lights_s=(100, 50)), studies_dir=studies, encoder=FakeEncoder())
    with pytest.raises(ScoringError):
        analyze(night, [tmp_path / "none.csv"], studies_dir=studies, encoder=FakeEncoder())
    with pytest.raises(RecordingError):
        analyze(tmp_path / "none.edf", studies_dir=studies, encoder=FakeEncoder())


def test_a_recording_without_any_life_in_it_is_refused(tmp_path, studies):
    flat = EdfSignal(np.zeros(60 * 128), 128, label="C3-M2", physical_dimension="uV", physical_range=(-100, 100))
    Edf([flat]).write(tmp_path / "flat.edf")
    with pytest.raises(NoUsableChannelError, match="flat or empty"):
        analyze(tmp_path / "flat.edf", studies_dir=studies, encoder=FakeEncoder())
    brief = EdfSignal(np.random.default_rng(0).normal(0, 20, 20 * 128), 128, label="C3-M2", physical_dimension="uV")
    Edf([brief]).write(tmp_path / "short.edf")
    with pytest.raises(RecordingError, match="shorter than one epoch"):
        analyze(tmp_path / "short.edf", studies_dir=studies, encoder=FakeEncoder())


def test_csv_exports_say_source_and_use_and_run_no_formula(study, monkeypatch):
    first, header, *rows = numbers_csv(study).splitlines()
    assert first == f"# {RESEARCH_USE}" and "source" in header and len(rows) == len(study.facts)
    study.facts = [Fact("ahi_per_h", "AHI", 5.0, "/h", "The AHI was 5 (AASM 3%).", "", rule="AASM 3%")]
    assert "ahi_per_h,AHI,5.0,/h,,,,,,,AASM 3%," in numbers_csv(study)
    study.scoring = analysis.Scoring(
        events=(
            Event("hypopnea", 5.0, 10.0, ("AF",), label='=HYPERLINK("x")'),
            Event("other", 1.0, 2.0, label="-1"),
        )
    )
    first, *table = events_csv(study).splitlines()
    rows = list(csv.DictReader(io.StringIO("\n".join(table))))
    assert [r["label"] for r in rows] == ['\'=HYPERLINK("x")', "'-1"]
    assert rows[0]["start_s"] == "5.0" and rows[0]["epoch"] == "1" and rows[0]["source"] == "expert"


@given(st.text(max_size=20))
def test_no_cell_of_text_begins_a_formula(text):
    from sleeplm.study.export import _cell

    assert not str(_cell(text)).startswith(("=", "+", "-", "@", "\t", "\r"))
    assert _cell(-5.0) == -5.0


def test_the_rule_of_hypopneas_is_part_of_the_study(night, studies):
    by_rule = [
        analyze(night, studies_dir=studies, encoder=FakeEncoder(), choices=Choices(rules={"hypopnea": r}))
        for r in ("3%", "4%")
    ]
    assert by_rule[0].id != by_rule[1].id
    assert ["4%" in s.scoring.rules["hypopnea"] for s in by_rule] == [False, True]
    with pytest.raises(UsageError, match="rule"):
        analyze(night, studies_dir=studies, encoder=FakeEncoder(), choices=Choices(rules={"hypopnea": "5%"}))


def test_a_csv_export_has_what_an_index_rests_on_and_how_sure_a_number_is(study):
    study.facts = [
        Fact("ahi_per_h", "AHI", 5.0, "/h", "t", "d", basis=Basis(5, 60.0, 90.0, "sleep")),
        Fact("tst_min", "TST", 300.0, "min", "t", "d", interval=Interval(280.0, 320.0, 0.9)),
    ]
    _, header, ahi, tst = (line.split(",") for line in numbers_csv(study).splitlines())
    assert [dict(zip(header, ahi, strict=True))[k] for k in ("events", "searched_min", "of_min")] == [
        "5",
        "60.0",
        "90.0",
    ]
    assert [dict(zip(header, tst, strict=True))[k] for k in ("interval_low", "interval_high")] == ["280.0", "320.0"]
