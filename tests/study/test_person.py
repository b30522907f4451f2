import os
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
from edfio import Patient, Recording, read_edf
from fakes_model import FakeEncoder, write_short_night
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sleeplm.errors import UsageError
from sleeplm.study import folder as study_store
from sleeplm.study.analysis import analyze, correct_person
from sleeplm.study.person import Person, in_words, of_file, person_of, read_cohort
from sleeplm.study.study import open_study


@pytest.fixture
def night(tmp_path):
    """Four minutes whose header tells a woman of 54."""
    file = write_short_night(
        tmp_path / "Dornberg.edf", patient=Patient(name="Johannes_Dornberg", sex="F", birthdate=date(1969, 6, 1))
    )
    edf = read_edf(file)
    edf.recording = Recording(startdate=date(2024, 3, 1))
    edf.write(file)
    return file


@pytest.fixture
def studies(tmp_path):
    return tmp_path / "studies"


def analysed(night, studies, **stated):
    return analyze(night, studies_dir=studies, encoder=FakeEncoder(), **stated)


def test_the_header_tells_age_and_sex_and_nothing_else(night, studies):
    study = analysed(night, studies)
    assert study.person == {
        "id": None, "age_years": 54, "age_90_plus": False, "sex": "F",
        "source": {"age_years": "header", "sex": "header"},
    }  # fmt: skip
    assert study.person_id == study.id and study.as_json()["person"] == study.person
    files = list(study.folder.iterdir())
    kept = b"".join(p.read_bytes() for p in files).lower()
    assert not [w for w in (b"dornberg", b"johannes") if w in kept]
    texts = [p.read_bytes() for p in files if p.suffix == ".json"]  # in numbers a date is any bytes
    stated = b"".join(texts).lower()
    assert not [w for w in (b"1969", b"jun", b"01.06") if w in stated]


def test_what_the_user_says_wins_and_the_key_is_kept_as_a_hash(night, studies):
    study = analysed(night, studies, person=Person("Jane Doe", 61))
    assert study.person["age_years"] == 61 and study.person["sex"] == "F"
    assert study.person["source"] == {"age_years": "user", "sex": "header"}
    assert study_store.is_id(study.person["id"]) and study.person_id == study.person["id"]
    kept = b"".join(p.read_bytes() for p in study.folder.iterdir()).lower()
    assert b"jane" not in kept


def test_a_person_has_one_id_in_a_folder_and_another_elsewhere(tmp_path, studies):
    one = study_store.person_id(studies, "p1")
    assert one == study_store.person_id(studies, "p1") != study_store.person_id(studies, "p2")
    assert study_store.person_id(tmp_path / "elsewhere", "p1") != one


def test_a_person_is_corrected_without_a_new_analysis(night, studies):
    first = analysed(night, studies)
    encoder = FakeEncoder()
    again = analyze(night, studies_dir=studies, encoder=encoder, person=Person("p1", 40, "M"))
    assert (again.id, again.created, encoder.encoded) == (first.id, first.created, 0)
    assert again.person["age_years"] == 40 and again.person["source"]["sex"] == "user"
    later = analyze(night, studies_dir=studies, encoder=encoder, person=Person(sex="F"))
    assert (later.person["id"], later.person["age_years"], later.person["sex"]) == (again.person["id"], 40, "F")
    assert analyze(night, studies_dir=studies, encoder=encoder).person == later.person
    assert open_study(first.id, studies).person == later.person


def test_what_two_say_of_a_person_at_once_is_kept_of_both(night, studies):
    study = analysed(night, studies)
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(correct_person, [study] * 3, [Person(sex="M"), Person(age_years=40), Person("p1")]))
    person = open_study(study.id, studies).person
    assert (person["sex"], person["age_years"]) == ("M", 40) and person["id"] == study_store.person_id(
        studies, "p1"
    )


def test_what_was_said_of_a_person_outlives_other_weights(night, studies):
    stated = analysed(night, studies, person=Person("p1", 40)).person
    again = analyze(night, studies_dir=studies, encoder=FakeEncoder(name="other"))
    assert again.model["name"] == "other" and again.person == stated


@pytest.mark.parametrize(
    ("age", "sex", "expected"),
    [
        ("54", "f", Person(None, 54, "F")),
        (0, "Male", Person(None, 0, "M")),
        ("90+", "", Person(None, 90, None)),
        ("104", None, Person(None, 90, None)),
        ("", "n/a", Person()),
    ],
)
def test_age_and_sex_are_taken_as_people_write_them(age, sex, expected):
    assert person_of(None, age, sex) == expected


@pytest.mark.parametrize(
    "stated",
    [
        {"age": "54.5"},
        {"age": "-1"},
        {"age": "131"},
        {"age": "٣"},
        {"sex": "2"},
        {"key": "x" * 201},
        {"key": "\udcff"},
    ],
)
def test_what_makes_no_sense_is_refused(stated):
    with pytest.raises(UsageError, match=r"^the (age|sex|key)"):
        person_of(**stated)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_cohort_is_read_as_tables_are_written(tmp_path, encoding, delimiter):
    rows = ["File,Person,Age,Sex,BMI", "nuit é.edf,p1,54,F,22", "", r"C:\nights\b.edf,p2,90+,,"]
    (tmp_path / "people.csv").write_text("\n".join(rows).replace(",", delimiter), encoding)
    people = read_cohort(tmp_path / "people.csv")
    assert people == {"nuit é.edf": Person("p1", 54, "F"), "b.edf": Person("p2", 90, None)}
    assert of_file(people, tmp_path / "b.edf").key == "p2"
    with pytest.raises(UsageError, match="no row for this recording"):
        of_file(people, tmp_path / "c.edf")


@pytest.mark.parametrize(
    ("content", "stated"),
    [
        ("", "first row"),
        ("file,name\na.edf,Doe\n", "first row"),
        ("file,age,age\na.edf,1,2\n", "first row"),
        ("file,age\na.edf,54\nb.edf,old\n", "row 2 .* the age"),
        ("file,age,sex\na.edf,54,X\n", "row 1 .* the sex"),
        ("file,age\na.edf\n", "row 1 .* has 1 cells"),
        ("file,age\n,54\n", "row 1 .* names no file"),
        ("file,age\na.edf,54\nx/a.edf,55\n", "row 2 .* earlier"),
        ("file,age\n" + "a" * 200_000 + ",54\n", "a line of more than 100000 characters"),
        ("file,age\n" + "," * 15_000_000 + "\n", "a line of more than 100000 characters"),
        ("file,age\n" + "a,1\n" * 1_000_000, "more than 100000 lines"),
        ('file,age\n"' + "a\n" * 70_000, "as CSV"),
    ],
)
def test_a_table_that_cannot_be_used_names_the_row(tmp_path, content, stated):
    (tmp_path / "people.csv").write_text(content)
    with pytest.raises(UsageError, match=stated) as error:
        read_cohort(tmp_path / "people.csv")
    assert "Doe" not in str(error.value) and "\n" not in str(error.value)


def test_a_table_that_is_not_there_or_too_large_is_refused(tmp_path, monkeypatch):
    with pytest.raises(UsageError, match="cannot be opened"):
        read_cohort(tmp_path / "none.csv")
    os.mkfifo(tmp_path / "pipe.csv")
    with pytest.raises(UsageError, match="cannot be opened"):
        read_cohort(tmp_path / "pipe.csv")
    monkeypatch.setattr("sleeplm.study.person.MAX_COHORT_BYTES", 10)
    (tmp_path / "people.csv").write_text("file,age\na.edf,54\n")
    with pytest.raises(UsageError, match="larger"):
        read_cohort(tmp_path / "people.csv")


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=200) | st.text(alphabet='file,person;age"sex\n\t1', max_size=80).map(str.encode))
def test_no_table_breaks_the_reader(tmp_path, content):
    (tmp_path / "people.csv").write_bytes(content)
    try:
        people = read_cohort(tmp_path / "people.csv")
    except UsageError as error:
        assert str(error) and "\n" not in str(error)
    else:
        assert all(isinstance(person, Person) for person in people.values())


def test_words_for_people():
    person = {"age_years": 90, "sex": "M"}
    assert in_words(person) == "90+ years, male" and in_words({"age_years": None, "sex": None}) == ""
