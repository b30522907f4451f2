"""What scorers' words mean: with details, of vendors, in several languages, and those that nobody knows."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scoring_helpers import in_a_folder, night

from sleeplm.errors import UsageError
from sleeplm.kinds.stages import Stage
from sleeplm.recording.annotations import read_scoring, words_to_ask
from sleeplm.recording.annotations.unknown import shown_word
from sleeplm.recording.annotations.words import known_text, lab_words, meaning_of, word_key

TABLE = "type,start_s,duration_s\n"


def type_of(word: str) -> str | None:
    meaning = meaning_of(word)
    return meaning[0] if isinstance(meaning, tuple) else meaning


@pytest.mark.parametrize(
    ("word", "type_"),
    [
        ("Respiratory Event - Hypopnea - Desat 93.0 %", "hypopnea"),
        ("RESPIRATORY EVENT - DUR: 24.9 SEC. - HYPOPNEA", "hypopnea"),
        ("RESPIRATORY EVENT - DUR: 14.9 SEC. - OBSTRUCTIVE APNEA - DESAT 90.0 %", "apnea_obstructive"),
        ("respevent - centralapnea - 2", "apnea_central"),
        ("Apnea - Obstructive (left)", "apnea_obstructive"),
        ("Mixed Apnea, 23.5 s", "apnea_mixed"),
        ("Hypopnea (central)", "hypopnea"),
        ("Hypopnea [Desat 4%, Low O2: 88]", "hypopnea"),
        ("Hypopnea with arousal", "hypopnea"),
        ("Hypopnea - N2 - supine", "hypopnea"),
        ("respevent - rera - 6", "rera"),
        ("PLM (left)", "plm"),
        ("PLM - Periodic - 1", "plm"),
        ("Leg Movement (in PLMS)", "plm"),
        ("PLM - Isolated", "leg_movement"),
        ("LM - DUR: 0.7 SEC. - ISOLATED", "leg_movement"),
        ("Left leg movement", "leg_movement"),
        ("* Arousal - DUR: 3.0 sec. - Respiratory Event", "arousal"),
        ("Microarousal [Hypopnea][PLMS]", "arousal"),
        ("Arousal (respiratory)", "arousal"),
        ("ARO RES", "arousal"),
        ("RERA arousal", "arousal"),
        ("* Desaturation - Min SaO2 92.0 % - Drop  4.1 %", "desaturation"),
        ("SNORE - ISOLATED - 1", "snore"),
        ("EKGEvent - SinusTach - 1", "tachycardia"),
        ("N2 sleep", Stage.N2),
        ("NREM2 sleep", Stage.N2),
        ("StageN2", Stage.N2),
        ("Stage - N1", Stage.N1),
        ("Sleep stage N2 (auto)", Stage.N2),
        ("Stage 3/4", Stage.N3),
        ("Position - Left", "aside"),
        ("Lights off - 22:10:05", "lights_off"),
        ("Obstr. Hypopnea", "hypopnea"),
        ("Central Apnoeas", "apnea_central"),
        ("PLM R", "plm"),
        ("PLM with arousal", "plm"),
        ("Hypopnea without arousal", "hypopnea"),
        ("Hypopnea 1", "hypopnea"),
        ("Hypopnea w/o desat", "hypopnea"),
        ("SpO2 drop 88%", "desaturation"),
        ("Position: supine (REM)", "aside"),
        ("DUR: 24.9 SEC.", None),
        ("Arousal due to hypopnea", "arousal"),
        ("Hypopnea-related arousal", "arousal"),
        ("Desaturation 97 to 93 %", "desaturation"),
        ("Sleep Stage 2 (NREM)", Stage.N2),
    ],
)
def test_words_with_a_detail_behind_or_before_them_are_understood(word, type_):
    assert type_of(word) == type_


def test_the_cause_of_an_arousal_and_the_form_of_an_event_stay_with_it():
    assert meaning_of("* Arousal - Respiratory Event") == ("arousal", "Arousal (respiratory event)")
    assert meaning_of("Arousal - snoring event") == ("arousal", "Arousal (snoring event)")
    assert meaning_of("Microarousal [Hypopnea][PLMS]") == ("arousal", "Microarousal (hypopnea, PLMs)")
    assert meaning_of("Apnea - Obstructive (left)") == ("apnea_obstructive", "Apnea obstructive (left)")


@pytest.mark.parametrize(
    "word",
    ["No hypopnea", "Hypopnea?", "Possible hypopnea", "Hypopnea - deleted", "Hypopnea - RERA",
     "Hypopnea - artifact", "Obstructive Apnea - J. Smith", "Hypopnea - 19700201", "Hypopnea - 12 - 03 - 70",
     "Apnea-Hypopnea", "Respiratory Event", "Hypopnea R", "Resp Paradox", "Obstructive central apnea",
     "Central", "Stage N2 - Stage N3", "Hypopnea - lights off", "N2 or N3",
     "sleep"],
)  # fmt: skip
def test_a_word_with_one_unknown_part_or_two_meanings_is_not_understood(word):
    assert meaning_of(word) is None and known_text(word) is None


@pytest.mark.parametrize(
    ("word", "means"),
    [
        ("WK", Stage.W), ("Sleep stage N", Stage.NREM), ("Sleep stage NR", Stage.NREM), ("Stage 3", Stage.N3),
        ("SLEEP-S2", Stage.N2), ("S4", Stage.N3), ("SDO:WakeState", Stage.W), ("SRO:Stage34Sleep", Stage.N3),
        ("SDO:NonRapidEyeMovementSleep-N3", Stage.N3), ("SDO:RapidEyeMovementSleep", Stage.R),
        ("SDO:MixedApneaFinding", "apnea_mixed"), ("SDO:HemoglobinOxygenDesaturationFinding", "desaturation"),
        ("AROUSAL-DESAT", "arousal"), ("RESP-RERA", "rera"), ("PLM-RRLM", "leg_movement"),
        ("EKG-WCTACHYCARDIA", "tachycardia"), ("POSITION-SUPINE", "aside"), ("LIGHTS-OFF", "lights_off"),
        ("Lights off@@EEG F4-A1", "lights_off"), ("Hypopnea@@Flow", "hypopnea"), ("Sleep stage W@@C3", Stage.W),
        ("Etapa N2", Stage.N2), ("Estágio 3", Stage.N3), ("Vigília", Stage.W), ("Sueño REM", Stage.R),
        ("Apneia obstrutiva", "apnea_obstructive"), ("Hipopneia central", "hypopnea"),
        ("Dessaturação", "desaturation"), ("Movimentos periódicos dos membros", "plm"),
        ("Apnea central (izquierda)", "apnea_central"), ("Microdespertar respiratorio", "arousal"),
        ("Movimientos periódicos de las extremidades", "plm"), ("Apagado de luces", "lights_off"),
    ],
)  # fmt: skip
def test_words_of_vendors_ontologies_channels_and_languages_are_understood(word, means):
    assert type_of(word) == means


@given(st.text(max_size=60).filter(lambda text: "|" not in text and "@@" not in text))
def test_any_text_has_one_meaning_or_none_and_what_is_kept_of_it_is_no_more(text):
    meaning = meaning_of(text)
    assert meaning is None or isinstance(meaning, Stage | str) or meaning[1]
    assert meaning_of(f"{text} Quillfeather") is None and known_text(f"{text} Quillfeather x") is None
    assert "Quillfeather" not in shown_word(f"{text} Quillfeather")


NSRR = (
    "<PSGAnnotation><ScoredEvents><ScoredEvent><EventType>{}</EventType><EventConcept>{}</EventConcept>"
    "<Start>{}</Start><Duration>30</Duration></ScoredEvent></ScoredEvents></PSGAnnotation>"
)
PROFUSION = (
    "<CMPStudyConfig><ScoredEvents><ScoredEvent><Name>Unsure</Name><Start>5</Start><Duration>12</Duration>"
    "</ScoredEvent></ScoredEvents></CMPStudyConfig>"
)


@pytest.mark.parametrize(
    "text",
    [NSRR.format("Respiratory|Respiratory", "Unsure|Unsure", 5), NSRR.format("", "Unsure", 5), PROFUSION],
)
def test_unsure_of_the_nsrr_and_of_profusion_is_a_hypopnea_and_this_is_said(write, text):
    scoring = read_scoring(write(text, "a.xml"), night(4))
    assert [(e.type, e.label) for e in scoring.events] == [("hypopnea", "Unsure")]
    assert "'Unsure' and read as hypopnea" in scoring.warnings[0]
    aside = read_scoring(write(text, "a.xml"), night(4), {"Unsure": "ignore"})
    assert aside.events == () and "left aside, as you said" in aside.warnings[0]


def test_an_unsure_stage_is_unscored_and_unsure_in_other_formats_is_asked(write):
    staged = read_scoring(write(NSRR.format("Stages|Stages", "Unsure|Unsure", 0), "a.xml"), night(4))
    assert staged.events == () and set(staged.hypnogram) == {Stage.UNSCORED}
    table = read_scoring(write(TABLE + "Hypopnea,1,10\nUnsure,30,10\n"), night(4))
    assert len(table.events) == 1 and table.not_understood["hypopnea"] == 1


def test_unknown_words_are_listed_with_their_count_and_times(write):
    rows = "".join(f"Resp cluster,{t},10\n" for t in (10, 40, 70, 100)) + "Hypopnea,20,10\nMrs Smith,5,1\n"
    scoring = read_scoring(write(TABLE + rows), night(4))
    assert scoring.warnings == (
        "'scoring.csv': 5 marks with unknown words were left aside: 'Resp cluster' 4 times (at 23:00:10, 23:00:40, "
        "23:01:10, ...); a word that may be a name once (at 23:00:05).",
    )


def test_a_word_with_other_measures_is_the_same_unknown_word(write):
    rows = "".join(f"Respiratory Event - Foo - Desat {at}.0 %,{at},10\n" for at in (10, 40, 70)) + "Hypopnea,1,10\n"
    scoring = read_scoring(write(TABLE + rows), night(4))
    assert scoring.source_of("hypopnea") == "expert, 1 word not understood" and "3 times" in scoring.warnings[0]
    for word in ("Respiratory event - foo", "Respiratory Event - Foo - Desat 88 %"):
        assert len(read_scoring(write(TABLE + rows), night(4), {word: "hypopnea"}).events) == 4


def test_words_not_understood_count_against_the_families_that_they_may_be_of(write):
    events = "Hypopnea,20,10\nArousal,50,3\nPLM,60,1\n"
    for word, doubted in (
        ("Resp cluster", {"breathing"}),  # a stem names the family
        ("Foobar", {"breathing", "brain", "legs"}),  # it lasts and names none: any
        ("Position foo", set()),  # clearly of another
    ):
        found = read_scoring(write(TABLE + events + f"{word},70,10\n"), night(4))
        types = {t for t in found.event_sources if found.source_of(t) != "expert"}
        assert ({"hypopnea"} <= types, "arousal" in types, "plm" in types) == tuple(
            family in doubted for family in ("breathing", "brain", "legs")
        )
    assert found.source_of("plm") == "expert"
    remark = read_scoring(write(TABLE + events + "door opened by nurse,70,0\n"), night(4))
    assert not remark.not_understood and "unknown word" in remark.warnings[0]


def test_stages_not_understood_are_asked_and_the_staging_says_so(write):
    rows = "Sleep stage W,0,30\nSleep stage foo,30,30\nN2,60,60\nHypopnea,70,10\npatient awake,5,0\n"
    scoring = read_scoring(write("event,onset,duration\n" + rows), night(4))
    assert scoring.hypnogram == ("W", "?", "N2", "N2")
    assert scoring.staged_by == "expert, 1 word not understood" and scoring.source_of("hypopnea") == "expert"
    said = read_scoring(write("event,onset,duration\n" + rows), night(4), {"Sleep stage foo": "R"})
    assert said.hypnogram == ("W", "R", "N2", "N2") and said.staged_by == "expert"


def test_a_lab_says_what_its_words_mean(write):
    path = write(TABLE + "Zorble,10,12\nzorble,40,12\nLM artefact x,50,1\nHypopnea,70,10\n")
    said = {"Zorble": "central apnea", "LM artefact x": "ignore", "Hypopnea": "rera"}
    scoring = read_scoring(path, night(4), said)
    assert [e.type for e in scoring.events] == ["apnea_central", "apnea_central", "rera"]
    assert not scoring.not_understood and "2 marks are read as apnea central, as you said" in scoring.warnings[0]
    assert read_scoring(path, night(4), {word_key(w): m for w, m in said.items()}) == scoring
    assert read_scoring(write("epoch,stage\n1,Foo\n2,W\n"), night(2), {"foo": "N2"}).hypnogram == ("N2", "W")
    assert read_scoring(write("epoch,stage\n1,Foo\n2,W\n"), night(2), {"foo": "ignore"}).hypnogram == ("?", "W")
    numbers = {str(n): stage for n, stage in enumerate(("W", "R", "N1", "N2"))}
    assert read_scoring(write("epoch,stage\n1,0\n2,3\n"), night(2), numbers).hypnogram == ("W", "N2")
    for nothing in ("", "Supine", "Zorble", "hypopnea?"):
        with pytest.raises(UsageError, match="a word cannot mean"):
            read_scoring(path, night(4), {"Zorble": nothing})
    assert meaning_of("Zorble") is None  # what is said holds for its reading alone


def test_words_that_a_person_must_explain_are_collected_over_all_scorings(write):
    there = night(4)
    there.annotations = [(5.0, 10.0, "Resp cluster"), (7.0, 0.0, "door opened"), (9.0, 3.0, "Hypopnea")]
    table = write(TABLE + "Resp cluster,30,10\nPosition foo,40,10\nHypopnea,50,10\n", "events.csv")
    stages = write("epoch,stage\n1,Foo\n2,W\n3,Foo\n4,W\n", "stages.csv")
    asked = words_to_ask(there, [table, stages])
    assert [(w.word, w.count) for w in asked] == [("Foo", 2), ("Resp cluster", 2)]
    assert [w.word for w in words_to_ask(there, [table, stages], {"foo": "N1"})] == ["Resp cluster"]


@in_a_folder
@given(st.text("abcdefgh -", min_size=3, max_size=20).filter(lambda word: meaning_of(word) is None))
def test_any_unknown_word_can_be_given_any_meaning(word):
    for means in ("N2", "hypopnea", "lights_off"):
        with lab_words({word: means}):
            assert type_of(word) == means
