import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sleeplm.errors import StudyError
from sleeplm.study.choices import USUAL, Choices
from sleeplm.study.montages import FILE, forget, montage_key, recall, remember

MONTAGE = [("XYZ", "uV"), ("SpO2", "%")]
OTHER = [("XYZ", "mV"), ("SpO2", "%")]


def test_what_was_chosen_comes_back_for_the_same_signals_in_any_order(tmp_path):
    remember(tmp_path, MONTAGE, Choices({"C3": "XYZ"}, {"C3": "mV"}))
    assert recall(tmp_path, MONTAGE[::-1]) == Choices({"C3": "XYZ"}, {"C3": "mV"})
    assert recall(tmp_path, OTHER) == recall(tmp_path, MONTAGE[:1]) == USUAL


def test_nothing_is_there_before_anything_was_chosen(tmp_path):
    assert recall(tmp_path / "none", MONTAGE) == Choices()
    assert not forget(tmp_path / "none", MONTAGE)
    remember(tmp_path / "none", MONTAGE, Choices({}))
    assert not (tmp_path / "none").exists()


def test_a_later_choice_wins_and_the_rest_stays(tmp_path):
    montage = [*MONTAGE, ("SpO2 2", "%")]
    remember(tmp_path, montage, Choices({"C3": "XYZ", "SPO2": "SpO2"}))
    remember(tmp_path, montage, Choices({"C3": "SpO2 2"}))
    assert recall(tmp_path, montage).channels == {"C3": "SpO2 2", "SPO2": "SpO2"}


def test_what_a_lab_says_of_its_words_is_kept_by_their_hashes(tmp_path):
    said = Choices(words={"Resp Paradox X": "hypopnea", "J. Smith": "ignore"})
    remember(tmp_path, MONTAGE, said)
    assert recall(tmp_path, MONTAGE) == said and "mith" not in (tmp_path / FILE).read_text()
    remember(tmp_path, MONTAGE, Choices({"C3": "XYZ"}, words={"resp_paradox x": "RERA"}))
    now = recall(tmp_path, MONTAGE)
    assert now == Choices({"C3": "XYZ"}, words={"Resp Paradox X": "rera", "J. Smith": "ignore"})
    assert now.notices(Choices(words={"J. Smith": "N2"}))[1:] == [
        "One word of scorers means 'rera', as you said before for this montage."
    ]
    assert said.digest != now.digest != USUAL.digest


def test_choices_of_before_words_were_kept_are_read(tmp_path):
    remember(tmp_path, MONTAGE, Choices({"C3": "XYZ"}))
    file = tmp_path / FILE
    old = json.loads(file.read_text()) | {"format": "sleeplm-montages 2"}
    old["montages"] = {key: {"overrides": m["overrides"], "units": {}} for key, m in old["montages"].items()}
    file.write_text(json.dumps(old))
    assert recall(tmp_path, MONTAGE) == Choices({"C3": "XYZ"})


def test_each_montage_is_forgotten_alone_and_all_together(tmp_path):
    remember(tmp_path, MONTAGE, Choices({"C3": "XYZ"}))
    remember(tmp_path, OTHER, Choices({"C4": "XYZ"}))
    assert forget(tmp_path, MONTAGE) and not forget(tmp_path, MONTAGE)
    assert recall(tmp_path, MONTAGE) == USUAL != recall(tmp_path, OTHER)
    assert forget(tmp_path) and recall(tmp_path, OTHER) == USUAL


def test_what_is_asked_for_now_wins_over_what_is_remembered():
    before = Choices({"C3": "XYZ", "C4": "ABC"}, {"C3": "mV", "SPO2": "fraction"})
    now = before.under(Choices({"C3": "Q"}, {}))
    assert now == Choices({"C3": "Q", "C4": "ABC"}, {"SPO2": "fraction"})  # the unit was that of another signal
    assert before.under(Choices({"EMG_CHIN": "XYZ"}, {})).channels == {
        "C4": "ABC",
        "EMG_CHIN": "XYZ",
    }  # taken elsewhere


def test_what_comes_back_is_said_and_what_is_asked_for_now_is_not():
    before = Choices({"C3": "XYZ", "C4": "ABC"}, {"SPO2": "fraction"})
    assert before.notices(Choices({"C3": "Q"})) == [
        "C4 is 'ABC', as you chose before for this montage.",
        "SPO2 is read in 'fraction', as you said before for this montage.",
    ]
    assert before.notices(Choices({"C3": "Q", "C4": "ABC"}, {"SPO2": "%"})) == []


def test_choices_made_at_once_are_all_kept(tmp_path):
    montages = [[("XYZ", f"{n} uV")] for n in range(8)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda montage: remember(tmp_path, montage, Choices({"C3": "XYZ"})), montages))
    assert all(recall(tmp_path, montage) != USUAL for montage in montages)
    assert {p.name for p in tmp_path.iterdir()} - {".lock"} == {FILE}


def test_no_label_is_kept_whether_it_was_chosen_or_not(tmp_path):
    montage = [("Quillfeather EEG", "uV"), ("XYZ", "uV")]
    remember(tmp_path, montage, Choices({"C3": "Quillfeather EEG", "C4": "XYZ"}))
    assert recall(tmp_path, montage).channels == {"C3": "Quillfeather EEG", "C4": "XYZ"}
    kept = (tmp_path / FILE).read_text(encoding="utf-8")
    assert "Quillfeather" not in kept and "XYZ" not in kept


@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", "{}", '{"format": "sleeplm-montages 2"}', '{"format": "sleeplm-montages 1", "montages": {}}',
     '{"format": "sleeplm-montages 2", "montages": [1]}',
     '{"format": "sleeplm-montages 2", "montages": {"k": {"overrides": {"C3": "XYZ"}}}}',
     '{"format": "sleeplm-montages 2", "montages": {"k": {"overrides": {"C3": -1}}}}',
     '{"format": "sleeplm-montages 2", "montages": {"k": {"units": {"C3": 1}}}}',
     '{"format": "sleeplm-montages 2", "montages": {"k": {"overrides": {"nose": 1}}}}',
     '{"format": "sleeplm-montages 2", "montages": {"k": {"evil": {}}}}', "[" * 100_000],
)  # fmt: skip
def test_a_damaged_file_is_refused_in_one_sentence_and_can_be_dropped(tmp_path, content):
    (tmp_path / FILE).write_text(content, encoding="utf-8")
    with pytest.raises(StudyError, match="damaged; delete the file"):
        recall(tmp_path, MONTAGE)
    assert forget(tmp_path) and recall(tmp_path, MONTAGE) == USUAL


@given(st.lists(st.tuples(st.text(max_size=8), st.text(max_size=4)), max_size=6), st.randoms())
def test_the_key_depends_on_no_order(montage, random):
    mixed = montage[:]
    random.shuffle(mixed)
    assert montage_key(mixed) == montage_key(montage)
    assert montage_key([*montage, ("one more", "")]) != montage_key(montage)
