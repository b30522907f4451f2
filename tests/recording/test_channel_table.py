import json
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sleeplm.errors import UsageError
from sleeplm.kinds.channels import CHANNEL_NAMES
from sleeplm.recording import open_recording
from sleeplm.recording.montage.channel_table import VARIABLE, candidates, parse_table


@pytest.fixture
def own(tmp_path, monkeypatch):
    """Make this the user's table."""

    def use(table):
        path = tmp_path / "own.json"
        path.write_text(table if isinstance(table, str) else json.dumps(table), encoding="utf-8")
        monkeypatch.setenv(VARIABLE, str(path))
        return path

    return use


def test_a_label_of_the_users_own_is_found_without_touching_code(own, make_edf):
    own({"C3": [{"labels": ["Derivation 7"]}], "THX": [{"labels": ["Borstkas"], "note": "a strain gauge"}]})
    night = open_recording(make_edf("derivation-7", ("BORSTKAS", 32.0)))
    assert {n: c.label for n, c in night.channels.items()} == {"THX": "BORSTKAS", "C3": "derivation-7"}
    assert night.channels["THX"].note == "a strain gauge"


def test_the_users_rows_come_before_the_packaged_ones(own, make_edf):
    path = make_edf("C3-M2", "C3-M1")
    assert open_recording(path).channels["C3"].label == "C3-M2"
    own({"C3": [{"labels": ["C3-M1"]}]})
    assert open_recording(path).channels["C3"].label == "C3-M1"


def test_a_table_that_changes_is_read_again(own, make_edf):
    path = make_edf("C3-M2", "C3-M1")
    table = own({})
    assert open_recording(path).channels["C3"].label == "C3-M2"
    own({"C3": [{"labels": ["C3-M1"]}]})
    os.utime(table, ns=(1, 1))
    assert open_recording(path).channels["C3"].label == "C3-M1"


def test_the_table_in_the_folder_of_settings_is_used_where_none_is_named(tmp_path, monkeypatch):
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.setattr("platformdirs.user_config_path", lambda name: tmp_path / name)
    before = candidates()
    (tmp_path / "sleeplm").mkdir()
    (tmp_path / "sleeplm/channels.json").write_text('{"POS": [{"labels": ["Ligging"]}]}', encoding="utf-8")
    after = candidates()
    assert after["POS"][0].labels == ("ligging",) and after["POS"][1:] == before["POS"]
    assert all(after[n] == before[n] for n in CHANNEL_NAMES if n != "POS")


def test_a_named_table_that_is_not_there_is_said(monkeypatch, make_edf, tmp_path):
    path = make_edf("C3-M2")
    monkeypatch.setenv(VARIABLE, str(tmp_path / "none.json"))
    with pytest.raises(UsageError, match=r"none\.json cannot be read .*correct SLEEPLM_CHANNELS or unset it\.$"):
        open_recording(path)


@pytest.mark.parametrize(
    ("table", "sentence"),
    [
        ("{", "is no JSON: .* in line 1"),
        ("[]", "must be an object of rows by channel"),
        ('{"C7": []}', "has rows for 'C7'; canonical are: ECG, "),
        ('{"C3": {}}', "what stands for C3 must be a list"),
        ('{"C3": [{"labels": ["a"]}, 7]}', "row 2 of C3 must be an object"),
        ('{"C3": [{}]}', "row 1 of C3 has no 'labels'"),
        ('{"C3": [{"labels": "C3"}]}', "row 1 of C3: 'labels' must be a list of labels"),
        ('{"C3": [{"labels": ["a", "--"]}]}', "row 1 of C3: 'labels' must be a list of labels, none of them empty"),
        ('{"C3": [{"labels": ["a"], "minus": [3]}]}', "row 1 of C3: 'minus' must be a list"),
        ('{"C3": [{"labels": ["a"], "lables": []}]}', "row 1 of C3 has the unknown key 'lables'"),
        ('{"POS": [{"labels": ["a"], "note": 3}]}', "row 1 of POS: 'note' must be a text"),
        ('{"AF": [{"labels": ["a"], "stands_in": "yes"}]}', "'stands_in' true or false"),
        ('{"AF": [{"labels": ["a"], "stands_in": true}]}', "row 1 of AF stands in .* needs a 'note'"),
        ("[" * 100_000, "is no JSON"),
        ('{"C3": [{"labels": ["' + "x" * 1_000_001 + '"]}]}', "larger than 1 MB"),
    ],
)
def test_a_table_that_makes_no_sense_is_refused_and_the_row_named(own, make_edf, table, sentence):
    path = make_edf("C3-M2")
    own(table)
    with pytest.raises(UsageError, match=sentence) as caught:
        open_recording(path)
    assert "\n" not in str(caught.value) and "own.json" in str(caught.value)


def test_a_table_of_endless_digits_or_in_a_pipe_is_refused(own, make_edf, tmp_path, monkeypatch):
    own(f'{{"C3": [{"1" * 5000}]}}')
    with pytest.raises(UsageError, match="no JSON"):
        open_recording(make_edf("C3-M2"))
    os.mkfifo(tmp_path / "pipe.json")
    monkeypatch.setenv(VARIABLE, str(tmp_path / "pipe.json"))
    with pytest.raises(UsageError, match=r"pipe\.json cannot be read: it is a pipe"):
        open_recording(make_edf("C3-M2"))


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["C3", "labels", "note"]), inner),
    max_leaves=12,
)


@given(_JSON | st.binary(max_size=40))
def test_any_content_is_a_table_or_is_refused(content):
    raw = content if isinstance(content, bytes) else json.dumps(content).encode()
    try:
        table = parse_table(raw, "x")
    except UsageError:
        return
    assert set(table) <= set(CHANNEL_NAMES)
