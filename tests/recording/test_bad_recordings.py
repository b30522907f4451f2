import random

import edfio
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sleeplm.errors import DamagedFileError, NotARecordingError, NoUsableChannelError, RecordingError, SleepLMError
from sleeplm.recording import open_recording

NOISE = random.Random(1).randbytes(5000)


def refusal(path, error=RecordingError) -> str:
    with pytest.raises(error) as caught:
        open_recording(path)
    sentence = str(caught.value)
    assert path.name in sentence and str(path.parent) not in sentence and "\n" not in sentence
    return sentence


def test_an_empty_file(tmp_path):
    (tmp_path / "a.edf").touch()
    assert "empty" in refusal(tmp_path / "a.edf", NotARecordingError)


def test_a_missing_file_and_a_folder(tmp_path):
    assert "does not exist" in refusal(tmp_path / "a.edf")
    (tmp_path / "b").mkdir()
    assert "folder" in refusal(tmp_path / "b", NotARecordingError)


@pytest.mark.parametrize("name", ["a.edf", "a.bdf", "a.txt", "a.pdf", "a"])
@pytest.mark.parametrize("content", [b"Hello, this is a text.\n", NOISE, b"%PDF-1.7\n%", b"\0" * 400])
def test_what_is_no_recording(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    assert "export" in refusal(tmp_path / name, RecordingError)


@pytest.mark.parametrize("suffix", [".fif", ".set", ".vhdr", ".gdf", ".cnt", ".mat", ".csv", ".snirf"])
def test_garbage_under_a_name_that_mne_knows(tmp_path, suffix):
    (tmp_path / f"a{suffix}").write_bytes(NOISE[:3000])
    assert f"a{suffix}" in refusal(tmp_path / f"a{suffix}")


BRAINVISION = """Brain Vision Data Exchange Header File Version 1.0

[Common Infos]
DataFile={}
DataFormat=BINARY
DataOrientation=MULTIPLEXED
NumberOfChannels=1
SamplingInterval=10000

[Binary Infos]
BinaryFormat=INT_16

[Channel Infos]
Ch1=C3-M2,,0.1,uV
"""


def test_a_header_may_name_a_file_beside_it_and_none_elsewhere(tmp_path):
    (tmp_path / "night").mkdir()
    (tmp_path / "night/beside.eeg").write_bytes(NOISE[:4000])
    (tmp_path / "secret.txt").write_bytes(NOISE[:4000])
    header = tmp_path / "night/night.vhdr"
    header.write_text(BRAINVISION.format("beside.eeg"))
    assert open_recording(header).signal("C3").size == 2000
    for stranger in ("../secret.txt", tmp_path / "secret.txt"):
        header.write_text(BRAINVISION.format(stranger))
        assert "outside of its own folder" in refusal(header, DamagedFileError)


def test_a_header_cut_short(make_edf, tmp_path):
    data = make_edf("C3-M2").read_bytes()
    for size in (9, 255, 300, 511):
        (tmp_path / "cut.edf").write_bytes(data[:size])
        assert "cut short within its header" in refusal(tmp_path / "cut.edf", DamagedFileError)


def test_a_header_without_data(make_edf, tmp_path):
    (tmp_path / "cut.edf").write_bytes(make_edf("C3-M2").read_bytes()[:512])
    assert "holds no data" in refusal(tmp_path / "cut.edf", DamagedFileError)


def test_a_count_of_minus_one_is_made_good_by_the_size(make_edf, rewrite):
    night = open_recording(rewrite(make_edf("C3-M2"), {236: b"-1      "}))
    assert night.duration_s == 60


def test_bytes_after_the_end_are_left_aside_and_said(make_edf, tmp_path):
    (tmp_path / "long.edf").write_bytes(make_edf("C3-M2").read_bytes() + b"x" * 1001)
    night = open_recording(tmp_path / "long.edf")
    assert night.duration_s == 60 and night.signal("C3").size == 6000
    assert any("1001 bytes follow" in w for w in night.warnings)


@pytest.mark.parametrize(
    ("at", "field", "named"),
    [
        (236, b"abc", "number of data records"),
        (244, b"nan", "duration of its data records"),
        (244, b"-1", "duration of its data records"),
        (244, b"1e300", "duration of its data records"),
        (244, b"86400", "lasts 1440 h"),
        (252 - 68, b"1024", "contradicts itself"),
        (252, b"-1", "number of signals"),
        (252, b"", "number of signals is empty"),
        (252, b"9999", "within its header"),
        (256 + 216, b"0", "number of samples"),
        (256 + 216, b"99999999", "no data"),
    ],
)
def test_header_nonsense_is_named(make_edf, rewrite, at, field, named):
    width = 4 if at == 252 else 8
    assert named in refusal(rewrite(make_edf("C3-M2"), {at: field.ljust(width)}), DamagedFileError)


def test_records_of_no_duration(make_edf, rewrite):
    assert "0 s" in refusal(rewrite(make_edf("C3-M2"), {244: b"0       "}), DamagedFileError)


def test_annotations_alone_are_a_scoring(data):
    for name in ("sleepedf_sc4001_hypnogram.edf", "cpap_night/20241127_004009_EVE.edf"):
        assert "as a scoring" in refusal(data / "recordings" / name, NoUsableChannelError)


def test_no_usable_channel_lists_what_there_is(make_edf):
    sentence = refusal(make_edf("Marker", ("C3-M2", 1)), NoUsableChannelError)
    assert "'Marker'" in sentence and "too slowly" in sentence


def test_a_signal_without_calibration_is_not_used(make_edf, rewrite):
    physical_min = 256 + 2 * (16 + 80 + 8)  # of the first of two signals; the maximum of both follows
    path = rewrite(make_edf("C3-M2", "C4-M1"), {physical_min: b"5       ", physical_min + 16: b"5       "})
    night = open_recording(path)
    assert list(night.channels) == ["C4"]
    assert any("calibration" in w for w in night.warnings)


def test_a_bad_clock_and_date_are_unknown_and_no_error(make_edf, rewrite):
    night = open_recording(rewrite(make_edf("C3-M2"), {88: b"X".ljust(80), 168: b"99.99.9999.99.99"}))
    assert (night.start_date, night.start_clock) == (None, None)


def test_labels_lose_what_cannot_be_printed(make_edf, rewrite):
    night = open_recording(rewrite(make_edf("C3-M2", "C4-M1"), {256: b"A\x1b[31m\x00B".ljust(16)}))
    assert all(label.isprintable() for label in night.labels)


def test_damaged_annotations_do_not_hide_the_signals_nor_the_other_annotations(make_edf, tmp_path):
    path = make_edf("C3-M2", annotations=[edfio.EdfAnnotation(3, 2, "Apnea"), edfio.EdfAnnotation(9, 2, "Arousal")])
    data = bytearray(path.read_bytes())
    data[data.index(b"+3\x152")] = 0xFF
    (tmp_path / "changed.edf").write_bytes(data)
    night = open_recording(tmp_path / "changed.edf")
    assert night.annotations == [(9.0, 2.0, "Arousal")] and any(
        "annotations are damaged" in w for w in night.warnings
    )


def test_annotations_in_latin_1_are_read(make_edf, tmp_path):
    path = make_edf("C3-M2", annotations=[edfio.EdfAnnotation(3, 2, "Apn##e")])
    (tmp_path / "latin.edf").write_bytes(path.read_bytes().replace(b"Apn##e", b"Apn\xe9\xe9e"))
    assert open_recording(tmp_path / "latin.edf").annotations == [(3.0, 2.0, "Apnéée")]


@pytest.fixture(params=["edf", "gaps", "bdf"])
def sound(request, make_edf, make_edf_with_gaps, make_bdf) -> bytes:
    """A whole file, to be damaged."""
    signals, marks = ("C3-M2", ("SpO2", 1, "%")), [edfio.EdfAnnotation(3, 2, "Apnea")]
    if request.param == "bdf":
        return make_bdf(np.sin(np.arange(6000) / 10), marks).read_bytes()
    if request.param == "gaps":
        return make_edf_with_gaps([*range(20), *range(30, 70)], *signals, annotations=marks).read_bytes()
    return make_edf(*signals, annotations=marks).read_bytes()


HEADER = 256 * 4
mutation = st.one_of(
    st.tuples(st.integers(0, HEADER - 1), st.binary(min_size=1, max_size=16)),
    st.tuples(st.integers(HEADER, 16000), st.binary(min_size=1, max_size=16)),
    st.tuples(
        st.sampled_from([8, 88, 168, 176, 184, 192, 236, 244, 252, *range(256, HEADER, 8)]),
        st.sampled_from([b"-1      ", b"1e99    ", b"nan     ", b"0       ", b"99999999", b"        ", b"EDF+D"]),
    ),
)  # fmt: skip


@settings(max_examples=200, deadline=2000, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(mutations=st.lists(mutation, min_size=1, max_size=4), cut=st.one_of(st.none(), st.integers(0, 14000)))
def test_whatever_the_bytes_say_the_answer_is_a_recording_or_one_sentence(sound, tmp_path, mutations, cut):
    data = bytearray(sound)
    for at, new in mutations:
        data[at : at + len(new)] = new
    (tmp_path / "fuzzed.edf").write_bytes(data[:cut])
    try:
        night = open_recording(tmp_path / "fuzzed.edf")
        for name in night.channels:
            assert night.signal(name, 64).dtype == np.float32
    except SleepLMError as error:
        assert "fuzzed.edf" in str(error) and "\n" not in str(error)
