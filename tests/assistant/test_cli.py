"""The command line as a user meets it: real recordings, the JSON contract, one sentence on bad input."""

import csv
import json

import edfio
import pytest
from fakes_model import write_short_night

from assistant import Assistant
from assistant.cli import main
from sleeplm.kinds.channels import FACETS, SUMMARY
from sleeplm.kinds.events import EVENT_TYPES


@pytest.fixture(scope="module")
def studies(tmp_path_factory):
    return tmp_path_factory.mktemp("studies")


@pytest.fixture(scope="module")
def assistant():
    """The assistant with its shipped weights, loaded once."""
    return Assistant.load()


@pytest.fixture
def run(capsys, studies):
    """Run a command with --json in a folder of studies of its own; gives back the parsed JSON."""

    def run(*arguments, json_too=True):
        main([str(a) for a in arguments] + ["--studies", str(studies)] + (["--json"] if json_too else []))
        out = capsys.readouterr().out
        return json.loads(out) if json_too else out

    return run


@pytest.fixture
def refused(capsys, studies):
    """Run a command that must fail with status 2, nothing on stdout, and one sentence; gives back the sentence."""

    def refused(*arguments):
        with pytest.raises(SystemExit) as exit_:
            main([str(a) for a in arguments] + ["--studies", str(studies)])
        out, err = capsys.readouterr()
        sentences = [line for line in err.splitlines() if line.startswith("sleeplm: ")]
        assert exit_.value.code == 2 and out == "" and len(sentences) == 1 and "Traceback" not in err
        return sentences[0]

    return refused


@pytest.fixture
def ucddb018(data):
    return data / "recordings" / "ucddb018.edf"


@pytest.fixture
def expert(data):
    folder = data / "recordings"
    return ["--scoring", folder / "ucddb018_stage.csv", "--scoring", folder / "ucddb018_events.csv"]


def test_analyze_prints_the_contract(run, ucddb018, expert):
    result = run("analyze", ucddb018, *expert)
    assert {"study", "recording", "scoring", "facts", "warnings", "seconds"} <= result.keys()
    assert result["recording"]["duration_s"] == 24660
    assert result["recording"]["start"] == {"date": None, "clock": "23:49:02"}
    c3 = result["recording"]["channels"]["C3"]
    assert (c3["label"], c3["sfreq_hz"], c3["unit"]) == ("EEG", 128, "uV") and "stands in" in c3["note"]
    assert "SPO2" in result["recording"]["missing"]
    assert result["scoring"]["hypnogram_source"] == "expert" and len(result["scoring"]["hypnogram"]) == 822
    assert {e["type"] for e in result["scoring"]["events"]} <= set(EVENT_TYPES)
    keys = {"id", "name", "value", "unit", "text", "definition", "signals", "source", "epochs"}
    keys |= {"rule", "basis", "note", "interval"}
    assert all(set(f) == keys for f in result["facts"])


def test_expert_numbers_equal_a_count_of_the_scorers_rows(run, ucddb018, expert, data):
    with (data / "recordings" / "ucddb018_stage.csv").open() as file:
        stages = [row["stage"] for row in csv.DictReader(file)]
    facts = {f["id"]: f["value"] for f in run("analyze", ucddb018, *expert)["facts"]}
    asleep = [i for i, s in enumerate(stages) if s in ("N1", "N2", "N3", "R")]
    assert facts["tib_min"] == 411 and facts["tst_min"] == len(asleep) / 2 and facts["sol_min"] == asleep[0] / 2
    for name in ("N1", "N2", "N3", "R", "W"):
        assert facts[f"{name.lower()}_min"] == stages.count(name) / 2
    assert facts["longest_wake_min"] == 97 and facts["longest_wake_in_sleep_min"] == 7.5
    assert facts["spo2_min_pct"] is None and facts["odi3_per_h"] is None


@pytest.mark.parametrize("scored_by", ["expert", "yasa"])
def test_questions_are_answered_from_the_scoring_in_force(run, ucddb018, expert, scored_by, assistant, monkeypatch):
    monkeypatch.setattr(Assistant, "load", lambda llm, encoder: assistant)
    result = run("analyze", ucddb018, *(expert if scored_by == "expert" else ()))
    facts = {f["id"]: f["value"] for f in result["facts"]}
    named = "expert scoring" if scored_by == "expert" else "YASA"

    def ask(question):
        answer = run("ask", result["study"], question)
        assert {"answer", "facts", "citations", "tools", "unavailable", "model", "seconds"} == answer.keys()
        assert answer["unavailable"] or named in answer["answer"]
        assert all(f["value"] == facts.get(f["id"], f["value"]) for f in answer["facts"])
        return answer

    slept = ask("How long did the person sleep?")
    assert {"id": "tst_min", "value": facts["tst_min"], "unit": "min"} in slept["facts"] and slept["citations"]
    assert f"{facts['tst_min']:g} min" in slept["answer"]
    assert "n3_min" in {f["id"] for f in ask("How much deep sleep was there?")["facts"]}
    longest = ask("When was the longest period awake?")
    rendered = {"longest_wake_min"} | ({"longest_wake_in_sleep_min"} if scored_by == "expert" else set())
    assert rendered <= {f["id"] for f in longest["facts"]}
    assert ("before sleep onset" in longest["answer"]) == (scored_by == "expert")
    around = ask("What happened around 02:00?")
    assert any(
        c["start_s"] <= 7858 <= c["end_s"] for c in around["citations"]
    )  # 02:00:00 is 7,858 s after 23:49:02
    like = ask("Which stretch is most like epoch 300?")
    spans = [c["epochs"] for c in like["citations"] if c["fact"].startswith("span")]
    assert spans and all(last < 290 or first > 310 for first, last in spans)  # not its own neighbourhood
    oxygen = ask("What was the lowest oxygen saturation?")
    assert oxygen["unavailable"] and "not recorded" in oxygen["answer"] and not oxygen["citations"]


def test_the_same_input_finds_the_same_study(run, ucddb018, expert):
    assert run("analyze", ucddb018, *expert)["study"] == run("analyze", ucddb018, *expert)["study"]


def test_two_minutes_are_described_but_not_staged(run, data):
    result = run("analyze", data / "recordings" / "nox_a1_2min.edf")
    assert result["scoring"]["hypnogram_source"] is None and set(result["scoring"]["hypnogram"]) == {"?"}
    assert any("five minutes" in w or "5 minutes" in w for w in result["warnings"])
    wanted = {"ECG", "ABD", "THX", "AF", "EOG_L", "EOG_R", "C3", "C4", "EMG_CHIN", "POS", "SPO2", "LEG_L", "LEG_R"}
    assert wanted <= result["recording"]["channels"].keys()
    caption = run("caption", result["study"], "--epoch", 2)
    assert caption["epoch"] == 2 and set(caption["facets"]) <= {*FACETS, SUMMARY} and "brain" in caption["facets"]
    assert all(c["source"] == "measured" and c["text"].endswith(".") for c in caption["facets"].values())
    night = run("caption", result["study"])["night"]
    assert night["text"].startswith("Sleep stages were not scored.") and "hr_mean_bpm" in night["attributes"]


def test_a_caption_is_said_in_a_models_words_where_they_say_the_same(run, refused, data, monkeypatch):
    study = run("analyze", data / "recordings" / "nox_a1_2min.edf")["study"]
    ours = run("caption", study, "--epoch", 1)["facets"]
    monkeypatch.setattr(
        "assistant.llm.pretrained.paraphraser", lambda model: lambda texts: [f"So: {t}" for t in texts]
    )
    rendered = run("caption", study, "--epoch", 1, "--rewrite")
    assert rendered["rewriting"] == {"kept": len(ours)}
    assert all(c["source"] == "rewritten" and c["text"].startswith("So: ") for c in rendered["facets"].values())
    monkeypatch.setattr(
        "assistant.llm.pretrained.paraphraser", lambda model: lambda texts: ["Asleep."] * len(texts)
    )
    assert run("caption", study, "--epoch", 1, "--rewrite", "other")["facets"] == ours
    assert "--epoch" in refused("caption", study, "--rewrite")


def test_whose_night_it_is_comes_from_options_over_the_table_over_the_header(run, data, tmp_path):
    file = data / "recordings" / "sleepedf_sc4001_5min.edf"
    person = run("analyze", file)["person"]
    assert (person["id"], person["age_years"], person["sex"]) == (None, 33, "F")
    (tmp_path / "people.csv").write_text("file,person,age,sex\nsleepedf_sc4001_5min.edf,sc40,34,\n")
    person = run("analyze", file, "--cohort", tmp_path / "people.csv")["person"]
    assert (person["age_years"], person["sex"], person["source"]["age_years"]) == (34, "F", "user")
    rendered = run("analyze", file, "--cohort", tmp_path / "people.csv", "--age", 90, json_too=False)
    assert f"90+ years, female; person {person['id']}" in rendered and "sc40," not in rendered


def test_a_deidentified_copy_says_what_was_left_out(run, refused, data, tmp_path):
    file = data / "recordings" / "sleepedf_sc4001_5min.edf"
    done = run("deidentify", file, tmp_path / "clean.edf", "--keep-age-sex")
    assert done == {"signals": 7, "labels_replaced": 0, "annotations_kept": 0, "annotations_removed": 0,
                    "bytes_dropped": 0}  # fmt: skip
    assert run("analyze", tmp_path / "clean.edf")["person"]["age_years"] == 33
    assert "place of the recording" in refused("deidentify", tmp_path / "clean.edf", tmp_path / "clean.edf")


def test_questions_are_printed_with_the_option_that_answers_them(run, data, tmp_path):
    file = tmp_path / "volts.edf"
    raw = bytearray((data / "recordings" / "sleepedf_sc4001_5min.edf").read_bytes())
    labels = [raw[256 + 16 * i : 272 + 16 * i].decode().strip() for i in range(int(raw[252:256]))]
    at = 256 + 96 * len(labels) + 8 * labels.index("EEG Fpz-Cz")
    raw[at : at + 8] = b"V       "
    file.write_bytes(raw)
    (question,) = run("analyze", file)["questions"]
    assert question["channel"] == "C3" and "uV" in question["choices"]
    assert "--unit C3=uV" in run("analyze", file, json_too=False)
    assert run("analyze", file, "--unit", "C3=uV")["questions"] == []
    assert run("analyze", file)["questions"] == []  # as said before for this montage
    assert run("analyze", file, "--forget-montage")["questions"] == [question]


def test_unknown_words_are_printed_explained_and_remembered(run, tmp_path):
    file = write_short_night(tmp_path / "night.edf")
    table = tmp_path / "events.csv"
    table.write_text("type,start_s,duration_s\nHypopnea,31,12\nResp cluster,61,12\nZorble,91,12\n")
    study = run("analyze", file, "--scoring", table)
    (warning,) = [w for w in study["warnings"] if "unknown words" in w]
    assert "'Resp cluster' once" in warning and "a word that may be a name once" in warning
    facts = {f["id"]: f for f in study["facts"]}
    assert facts["hypopnea_n"]["value"] == 1 and facts["hypopnea_n"]["source"] == "expert, 2 words not understood"
    assert "--word WORD=hypopnea" in run("analyze", file, "--scoring", table, json_too=False)
    said = ("--word", "resp cluster=hypopnea", "--word", "Zorble=ignore")
    for options in (said, ("--hypopneas", "4%")):  # the second time as said before for this montage
        study = run("analyze", file, "--scoring", table, *options)
        facts = {f["id"]: f for f in study["facts"]}
        assert facts["hypopnea_n"]["value"] == 2 and facts["hypopnea_n"]["source"] == "expert"
    assert any("One word of scorers means 'hypopnea', as you said before" in w for w in study["warnings"])


def test_a_word_that_is_said_to_mean_nothing_is_refused(refused, tmp_path):
    file = write_short_night(tmp_path / "night.edf")
    assert "cannot mean 'nonsense'" in refused("analyze", file, "--word", "x=nonsense")
    assert "write it as WORD=MEANING" in refused("analyze", file, "--word", "x")


def test_no_name_is_printed_logged_or_kept_and_no_order_reaches_the_terminal(capsys, caplog, studies, tmp_path):
    file = tmp_path / "Quillfeather\n\x1b[31m<b>.edf"
    edf = edfio.read_edf(write_short_night(tmp_path / "night.edf"))
    edf.signals[0].label = "Quillfeather C3"
    marks = [edfio.EdfAnnotation(35, 12, text) for text in ("Hypopnea|Quillfeather", "called Quillfeather")]
    patient = edfio.Patient(name="Quillfeather", code="Quillfeather", sex="F")
    edfio.Edf(edf.signals, patient=patient, annotations=marks).write(file)
    table = tmp_path / "people.csv"
    table.write_text(f'file,person,age\n"{file.name}",Quillfeather,54\n')
    commands = [
        ["analyze", file, "--channel", "C3=Quillfeather C3", "--cohort", table, "--json"],
        ["analyze", file, "--cohort", table],  # with the channel that was chosen before
        ["analyze", file, "--hypopneas", "4%", "--person", "Quillfeather", "--json"],
        ["studies", "--json"],
        ["deidentify", file, tmp_path / "copy\n\x1b[31m\udcff.edf"],
    ]
    for command in commands:
        main([*map(str, command), "--studies", str(studies)])
    out, err = capsys.readouterr()
    assert "C3 is 'Signal 1', as you chose before" in out and "54 years, female" in out
    kept = [p.read_bytes() for p in studies.rglob("*") if p.is_file()]
    kept.append((tmp_path / "copy\n\x1b[31m\udcff.edf").read_bytes())
    assert not [text for text in (out, err, caplog.text) if "quillf" in text.casefold() or "\x1b" in text]
    assert not [content for content in kept if b"quillf" in content.lower()]
    file.write_bytes(file.read_bytes()[:300])
    with pytest.raises(SystemExit):
        main(["analyze", str(file), "--studies", str(studies)])
    stated = capsys.readouterr().err
    assert "is cut short" in stated and stated.count("\n") == 1 and "\x1b" not in stated


def test_a_study_is_localized_indexed_searched_and_deleted(run, ucddb018, expert, tmp_path):
    study = run("analyze", ucddb018, *expert, "--name", "eighteen")["study"]
    assert study in {row["study"] for row in run("studies")}

    spans = run("localize", study, "deep sleep with slow waves", "--top", 3)
    assert spans["phrase"] == "deep sleep with slow waves" and 0 < len(spans["spans"]) <= 3
    assert all(set(s) == {"start_s", "end_s", "epoch", "score"} and s["end_s"] <= 24660 for s in spans["spans"])

    index = tmp_path / "index"
    run("index", "add", index, study)
    hits = run("search", index, "--study", study, "--epoch", 300, "--k", 5, "--where", "stage = 'N3'")["hits"]
    assert len(hits) == 5 and {h["stage"] for h in hits} == {"N3"} and 300 not in {h["epoch"] for h in hits}
    assert all(set(h) == {"study", "epoch", "start_s", "stage", "score", "caption"} for h in hits)
    assert len(run("search", index, "--text", "the person is awake", "--k", 4)["hits"]) == 4

    assert "removed" in run("delete", study, json_too=False)
    assert study not in {row["study"] for row in run("studies")}


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"", "empty"), (b"not a recording at all\n" * 40, "no edf"), (None, "does not exist")],
)
def test_a_file_that_is_no_recording_is_refused(refused, tmp_path, content, words):
    file = tmp_path / "night.edf"
    if content is not None:
        file.write_bytes(content)
    assert words in refused("analyze", file).lower()


def test_a_truncated_recording_is_read_as_far_as_it_goes_and_says_what_is_missing(run, ucddb018, tmp_path):
    file = tmp_path / "cut.edf"
    file.write_bytes(ucddb018.read_bytes()[:1_000_000])
    result = run("analyze", file)
    assert result["recording"]["duration_s"] < 24660
    assert any("cut short" in w and "missing" in w for w in result["warnings"])


def test_a_scoring_of_another_night_is_refused(refused, ucddb018, tmp_path):
    events = tmp_path / "events.csv"
    events.write_text("type,start_s,duration_s\nHYP-O,90000,20\n")
    assert "overlap" in refused("analyze", ucddb018, "--scoring", events)


@pytest.mark.parametrize(
    "arguments",
    [
        ("caption", "no-such-study", "--epoch", 1),
        ("analyze", "missing.edf", "--channel", "C3"),
        ("analyze", "missing.edf", "--unit", "C3"),
        ("analyze", "missing.edf", "--age", "old"),
        ("analyze", "missing.edf", "--sex", "2"),
        ("analyze", "missing.edf", "--cohort", "no-such-table.csv"),
        ("simulate", "out.edf", "--profile", "martian"),
    ],
)
def test_wrong_arguments_are_one_sentence(refused, arguments):
    assert refused(*arguments)


def test_a_simulated_night_can_be_any_labs(run, tmp_path):
    for lab in ("clean", "varied"):
        run("simulate", tmp_path / f"{lab}.edf", "--hours", 0.25, "--lab", lab, json_too=False)
    assert (tmp_path / "clean.edf").read_bytes() != (tmp_path / "varied.edf").read_bytes()


def test_a_simulated_night_says_so_and_brings_its_truth(run, tmp_path):
    out = tmp_path / "night.edf"
    run("simulate", out, "--seed", 3, "--hours", 0.5, json_too=False)
    with (tmp_path / "night.hypnogram.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [int(r["epoch"]) for r in rows] == list(range(1, 61))
    truth = ["--scoring", tmp_path / "night.hypnogram.csv", "--scoring", tmp_path / "night.events.csv"]
    result = run("analyze", out, *truth)
    assert result["simulated"] and result["scoring"]["hypnogram"] == [r["stage"] for r in rows]
