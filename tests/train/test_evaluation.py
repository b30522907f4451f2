import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from sleeplm.captions import render_captions
from sleeplm.captions.reading.claims import read_back
from sleeplm.errors import UsageError
from sleeplm.kinds.channels import FACETS
from sleeplm.kinds.stages import STAGE_PROMPTS, STAGES
from sleeplm.network.encoder import Encoding
from sleeplm.network.nano.config import NetworkConfig
from sleeplm.network.nano.encoder import NanoSleepLM
from sleeplm.network.nano.network import SleepLMNetwork
from sleeplm.network.nano.tokenizer import train_tokenizer
from sleeplm.night import Event, Scoring
from sleeplm.recording.epochs import Epochs
from sleeplm.simulate import PROFILES
from train.corpus.night import render_without_context
from train.evaluation import speed
from train.evaluation.bert_score import BERT_SCORE, similarity
from train.evaluation.conditions import POSITION_PROMPTS
from train.evaluation.embedding_cache import EmbeddingCache, EvaluationContext
from train.evaluation.evaluate import main, measure
from train.evaluation.figures import Figure
from train.evaluation.generated_captions import in_words, numbers_in, numbers_measured, spans_detected, spans_stated
from train.evaluation.localization import ALL_PHRASES, LOCATED
from train.evaluation.out_of_distribution import (
    HEARTS_OF,
    OUT_OF_DISTRIBUTION_SEED,
    STAGES_OF,
    out_of_distribution_figures,
    planned_out_of_distribution,
)
from train.evaluation.people import CHANNEL_SUBSETS, simulated
from train.evaluation.real import MASKED_UV, masked, one_eeg, wake_or_deep
from train.evaluation.report import BEGIN, END, as_json, tables, write_tables
from train.evaluation.retrieval import claims_hold, retrieval_figures
from train.evaluation.targets import TARGETS

TINY = NetworkConfig(
    name="test", dim=8, width=16, layers=1, heads=2, channel_width=4, tokens=2, decoder_layers=1, decoder_heads=2,
    vocabulary=300, caption_length=8,
)  # fmt: skip


def stamped(people):
    """People whose every sample at an epoch's beginning is the epoch's number, so that an oracle knows it."""
    first, out = 1, []
    for person in people:
        signals = person.epochs.signals.copy()
        signals[:, :, 0] = np.arange(first, first + len(person))[:, None]
        first += len(person)
        epochs = Epochs(signals, np.ones_like(person.epochs.present))
        out.append(replace(person, epochs=epochs, automatic=person.truth))
    return out


@pytest.fixture(scope="module")
def people():
    return stamped(simulated(2, 0.25, 700_000, scored=False))


class Oracle(NanoSleepLM):
    """A model that knows the truth: whatever is measured of it must come out perfect."""

    def __init__(self, people):
        torch.manual_seed(0)
        super().__init__(SleepLMNetwork(TINY), train_tokenizer(["heart rate 62 bpm"], 300))
        self.people = people
        self.stages = np.concatenate([p.stages for p in people])
        self.rendered = [row for p in people for row in render_captions(p.attributes, "oracle")]
        self.kinds = [str(s) for s in STAGES]

    def encode(self, epochs):
        numbers = epochs.signals[:, :, 0].max(1).astype(int) - 1
        vectors = np.eye(len(self.kinds), TINY.dim, dtype=np.float32)[
            [self.kinds.index(s) for s in self.stages[numbers]]
        ]
        patches = np.repeat(vectors[:, None], 30, axis=1)
        patches[:, 0, 0] = numbers  # of the first epoch, by which the person is known
        tokens = numbers[:, None, None].astype(np.float32)
        return Encoding(vectors, patches, tokens, np.zeros((len(numbers), 0), dtype=np.float32))

    def embed_text(self, texts):
        of = {prompt: i for i, kind in enumerate(self.kinds) for prompt in STAGE_PROMPTS[kind]}
        rows = np.vstack((np.eye(len(self.kinds), TINY.dim), np.ones(TINY.dim))).astype(np.float32)
        return rows[[of.get(t, len(self.kinds)) for t in texts]]

    def caption_encoded(self, encoded, present, facet):
        texts = [self.rendered[int(n)].get(facet) for n in encoded.tokens[:, 0, 0]]
        return ["" if caption is None else caption.text for caption in texts]

    def localize(self, phrase, patches):
        first, person = int(patches[0, 0, 0]), 0
        while first >= len(self.people[person]):
            first -= len(self.people[person])
            person += 1
        types = next(types for types, wordings in LOCATED.values() if phrase in wordings)
        spans = [(e.start_s, e.end_s, 1.0) for e in self.people[person].truth.events if e.type in types]
        return np.zeros(0), spans


@pytest.fixture(scope="module")
def figures(people, tmp_path_factory):
    parts = ("stages", "conditions", "captions", "localization", "real")
    return measure(EvaluationContext.of(Oracle(people), people, people), tmp_path_factory.mktemp("no data"), parts)


def of(figures, table, **wanted):
    found = [f for f in figures if f.table.startswith(table)]
    found = [f for f in found if all(getattr(f, k).startswith(v) for k, v in wanted.items())]
    assert found
    return found


def test_who_knows_the_stages_has_a_kappa_of_one_in_every_view(figures):
    for table in ("Stages by words", "Stages by a linear probe"):
        for figure in of(figures, table):
            assert (figure.value, figure.low, figure.high) == pytest.approx((1, 1, 1)), figure
            assert figure.baselines["commonest stage"] == 0
    assert {f.name for f in of(figures, "Stages by words")} == set(CHANNEL_SUBSETS)
    assert of(figures, "Stages by words")[0].baselines["YASA"] == 1  # here the truth itself stands in for it
    for figure in of(figures, "Stages from few examples"):
        assert figure.value == pytest.approx(1) and figure.baselines["untrained encoder"] < 1
    assert {f.measure for f in of(figures, "Stages from few examples")} == {
        "kappa, 1 example a stage", "kappa, 5 examples a stage", "kappa, 20 examples a stage",
    }  # fmt: skip


def test_who_tells_the_truth_has_no_error_in_captions(figures):
    captions = of(figures, "Captions of its own")
    for figure in of(captions, "", name="stage"):
        assert figure.value == figure.baselines["YASA"] == 1 > figure.baselines["commonest stage"]
    numbers = of(captions, "", measure="mean absolute error")
    assert {in_words("hr_mean_bpm"), in_words("C3.rms_uv")} & {f.name for f in numbers}
    sure = [f for f in numbers if f.name.startswith("heart rate, m") or "left central EEG" in f.name]
    assert all(f.value == 0 < f.baselines["always the mean"] for f in sure)
    events = of(captions, "", name="events with their times")
    assert all(0 < f.value <= 1 and f.baselines["rule-based detectors"] > 0.9 for f in events)


def test_who_tells_the_truth_is_likest_to_it(figures):
    found = of(figures, BERT_SCORE)
    assert [f.name for f in found] == list(FACETS)
    own, other, again = np.mean([(f.value, *f.baselines.values()) for f in found], axis=0)  # neighbours are alike
    assert other < own == pytest.approx(again, abs=0.05)


def test_likeness_is_bert_score():
    texts = ["Stage N2 with two spindles.", "Heart rate 62 bpm, regular.", "Awake, lying on the left side."]
    others = ["N2 sleep; a pair of sleep spindles.", "Heart rate 62 bpm on average.", "Deep sleep, supine."]
    # What TorchMetrics 1.9 gives of each pair alone.
    np.testing.assert_allclose(similarity(texts, others), [0.65398, 0.85223, 0.41665], atol=1e-4)
    np.testing.assert_allclose(similarity(texts[::-1], others[::-1]), similarity(texts, others)[::-1], atol=1e-5)
    np.testing.assert_allclose(similarity(texts, texts), 1, atol=1e-5)


def test_who_knows_the_events_finds_them_where_they_are(figures):
    located = of(figures, "Localization")
    assert all(f.value == pytest.approx(1) for f in located if f.measure.startswith("F1"))
    assert all(f.value == 0 for f in located if f.measure.startswith("onset"))
    assert len({f.name for f in located} - {ALL_PHRASES}) % 3 == 0 and located[0].name == ALL_PHRASES
    assert all({"rule-based detector", "untrained encoder"} == set(f.baselines) for f in located)


def test_who_knows_nothing_of_a_condition_ranks_it_by_chance(figures):
    found = of(figures, "Conditions by words", measure="AUROC")
    assert all(f.value == 0.5 or np.isnan(f.value) for f in found)
    assert {"chance", "untrained encoder", "logistic regression"} == set(found[0].baselines)
    fewer = {f.name for f in of(figures, "Conditions by words alone, fewer")}
    assert {"arousal; one EEG", "desaturation; breathing only (belts, flow, SpO2, snore)"} <= fewer
    assert not {name for name in fewer if name.startswith(("leg", "high heart"))}
    assert len(of(figures, "Conditions by a linear probe")) == 6 and of(figures, "Body position")


def test_conditions_are_taught_by_few_examples_of_people_who_have_them(figures):
    few = of(figures, "Conditions from few")
    assert {f.measure for f in few} == {f"AUROC, {n} each" for n in ("1 example", "5 examples", "20 examples")}
    assert all(f.baselines["chance"] == 0.5 and 0 <= f.baselines["untrained encoder"] <= 1 for f in few)
    assert max(f.value for f in few if f.measure.startswith("AUROC, 20")) > 0.5  # stages alone tell something


class HearsHearts(Oracle):
    """An oracle that also knows how fast a heart is, by some of the words for it."""

    def zero_shot_scores(self, embeddings, labels):
        if len(labels) > 1:
            return super().zero_shot_scores(embeddings, labels)
        ((words,),) = labels.values()
        rates = np.array([row["cardiac"]["hr_mean_bpm"] for p in self.people for row in p.attributes])
        sign = -1 if "slow" in words else 1 if "fast" in words else 0
        return sign * rates[:, None]


def test_hearts_and_stages_of_people_out_of_distribution_are_asked_for_in_words(people):
    rates = iter(range(40, 40 + sum(map(len, people))))  # 40 to 99
    beating = [
        replace(p, attributes=[{**row, "cardiac": {"hr_mean_bpm": next(rates)}} for row in p.attributes])
        for p in people
    ]
    model = HearsHearts(people)
    model.people = beating
    figures = out_of_distribution_figures(EvaluationContext.of(model, people, beating), beating)
    assert [f.value for f in of(figures, STAGES_OF)] == pytest.approx([1, 1])
    hearts = {f.name: f for f in of(figures, HEARTS_OF)}
    assert hearts['under 50 bpm: "slow heartbeat"'].value == hearts['over 90 bpm: "fast heart rate"'].value == 1
    assert hearts['under 50 bpm: "bradycardia"'].value == hearts['over 90 bpm: "high heart rate"'].value == 0.5
    assert hearts['under 50 bpm: "bradycardia"'].n == "60 epochs of 2 people, it holds in 10"


def test_people_out_of_distribution_are_of_no_other_part():
    plans = planned_out_of_distribution(8, 2)
    assert all(plan.out_of_distribution and plan.seed - OUT_OF_DISTRIBUTION_SEED in range(8) for plan in plans)
    assert {plan.profile for plan in plans} == set(PROFILES)


def test_texts_and_epochs_are_looked_for_both_ways(people):
    found = retrieval_figures(
        EvaluationContext(EmbeddingCache(Oracle(people)), EmbeddingCache(Oracle(people)), people, people)
    )
    assert len(found) == 36 and {f.measure for f in found} == {"R@1", "R@5", "R@10"}
    assert all(0 <= f.value <= 1 and f.baselines["untrained encoder"] == f.value for f in found)
    assert found[0].n == "60 epochs and texts of 2 people"


@settings(deadline=None, max_examples=30)
@given(st.lists(CLAIMED := st.frozensets(st.tuples(st.sampled_from("abc"), st.integers(0, 3)))), st.lists(CLAIMED))
def test_claims_hold_where_all_of_them_are_true(stated, true):
    assert claims_hold(stated, true).tolist() == [[a <= b for b in true] for a in stated]


def test_every_target_is_a_figure_of_its_part(figures, people, monkeypatch):
    monkeypatch.setattr(speed, "NIGHT", 70)
    context = EvaluationContext(EmbeddingCache(Oracle(people)), EmbeddingCache(Oracle(people)), people, people)
    model = NanoSleepLM(SleepLMNetwork(TINY), Oracle(people).tokenizer)
    made = [*figures, *retrieval_figures(context), *speed.speed_figures(model, people[0].epochs)]
    missing = [t for t in TARGETS if t.found_in(made) is None]
    assert {t.table for t in missing} == {t.table for t in TARGETS if t.table.startswith(("Real", "Concepts"))}
    verdicts = {t.what: t.verdict(t.found_in(made)) for t in TARGETS}
    assert verdicts["simulated people: five stages by words, kappa"] == "met"
    assert verdicts["the files of the weights, MB"] == "met" and "not measured" in verdicts.values()


def test_every_wording_is_asked_for_once():
    wordings = [w for _, three in LOCATED.values() for w in three]
    assert len(LOCATED) == 8 and len(wordings) == len(set(wordings)) == 24
    assert len(POSITION_PROMPTS) == 5


def test_spans_and_numbers_are_read_from_claims():
    claims = [("snore.at", 3.5), ("snore.into_next", True), ("arousal.span", (4.0, 7)), ("stage", "N2")]
    assert spans_stated(claims) == {"snore": [(3.5, 30.0)], "arousal": [(4.0, 7.0)]}
    assert spans_stated([("snore.at", 3.5)]) == {}
    span = {"arousal": [(0, 4.0)], "snore": [(20.0, 30)]}
    happened = [Event("arousal", 58.0, 6.0), Event("snore", 80.0, 20.0), Event("spindle", 61.0, 1.0)]
    assert spans_detected(Scoring(events=tuple(happened)), 2) == span
    claims = [("hr_mean_bpm", 60), ("rate_per_min", "about 14"), ("x_pct", 1), ("x_pct", 2), ("snore_n", 1)]
    assert numbers_in([*claims, ("desaturation.drop_pct", 4), ("ok", True)]) == {"hr_mean_bpm": 60.0}
    assert in_words("AF.rate_per_min") == "breathing rate, airflow, per minute"
    assert in_words("EEG.rms_uv") == "amplitude (RMS), EEG, uV" and in_words("new_thing") == "new thing"


def test_every_number_that_is_told_is_named_as_it_was_measured(people):
    attributes = people[0].attributes
    rendered = [render_without_context(attributes, f"telling {i}") for i in range(3)]
    seen = set()
    for e, row in enumerate(attributes):
        measured = numbers_in(numbers_measured(row))
        for facet in FACETS:
            claims = [c for rendering in rendered for c in read_back(rendering[e].get(facet, ""), facet)]
            for name, value in numbers_in(claims).items():
                sides = [name.replace(name[:3], lead) for lead in ("C3.", "C4.")]  # a band may be read to the other
                either = {measured.get(side) for side in (sides if name[:3] in ("C3.", "C4.") else [name])}
                assert name.startswith("EEG.") or value in either, (name, facet)
                seen.add(name)
    assert len(seen) > 20
    leads = {"brain": {"C3": {"rms_uv": 9, "delta_pct": 40}, "C4": {"rms_uv": 9, "delta_pct": 41}}}
    assert numbers_in(numbers_measured(leads))["EEG.rms_uv"] == 9
    assert "EEG.delta_pct" not in numbers_in(numbers_measured(leads))


def test_masked_epochs_have_one_size_and_their_shape():
    rng = np.random.default_rng(0)
    epochs = one_eeg(rng.normal(5, [[3], [90]], (2, 1920)).astype(np.float32))
    found = masked(epochs).signals[:, 6]
    np.testing.assert_allclose(found.std(1), MASKED_UV, rtol=1e-4)
    assert all(np.corrcoef(a, b)[0, 1] > 0.999 for a, b in zip(found, epochs.signals[:, 6], strict=True))
    assert not masked(one_eeg(np.zeros((1, 1920), np.float32))).signals.any()


class Slow(Oracle):
    """A model that calls a strong 1 Hz rhythm deep sleep."""

    def embed_signals(self, epochs):
        power = np.abs(np.fft.rfft(epochs.signals[:, 6]))
        return np.eye(len(self.kinds), TINY.dim)[np.where(power[:, 30] > 0.9 * power.max(1), 3, 0)]


def test_wake_and_deep_sleep_of_people_are_read_from_their_file(tmp_path, people):
    rng = np.random.default_rng(0)
    slow = np.sin(2 * np.pi * np.arange(3840) / 128) * 6000
    held = {
        f"p{i}_{kind}": (rng.normal(0, 900, (3, 3840)) + (kind == "N3") * slow).astype(np.int16)
        for i in (1, 2, 3, 4)  # every second one is trained on
        for kind in ("W", "N3")
    }
    np.savez(tmp_path / "epochs.npz", **held)
    ranked, agreed = wake_or_deep(Slow(people), tmp_path / "epochs.npz")
    assert (ranked.value, agreed.value) == pytest.approx((1, 1)) and ranked.n == "12 epochs of 2 people"


FIGURE = Figure("A table", "what", "kappa", 0.5, float("nan"), 0.75, "10 epochs of 2 people", {"chance": 0.0})


def test_tables_stand_between_their_marks_and_leave_the_rest_alone(tmp_path):
    document = tmp_path / "results.md"
    write_tables(document, tables([FIGURE], {"weights": "nano"}))
    first = document.read_text()
    assert "| what | 0.50 (– to 0.75) | chance 0.00 | 10 epochs of 2 people |" in first
    assert first.index("## Targets") < first.index("## A table")
    document.write_text(first.replace("# Results", "# Mine") + "\nAfter.\n")
    write_tables(document, tables([replace(FIGURE, value=0.9)], {}))
    again = document.read_text()
    assert again.startswith("# Mine") and again.endswith("After.\n") and "0.90" in again and "0.50" not in again
    assert again.count(BEGIN) == again.count(END) == 1
    document.write_text("no marks")
    with pytest.raises(UsageError, match="does not have one"):
        write_tables(document, "x")


def test_measures_that_all_rows_have_stand_side_by_side():
    other = replace(FIGURE, measure="F1", value=0.25, baselines={"rule": 0.9})
    text = tables([FIGURE, other, replace(FIGURE, name="more"), replace(other, name="more")], {})
    assert "| what | kappa (95% interval) | F1 (95% interval) | beside it | n |\n|---|---|---|---|---|\n" in text
    assert "| more | 0.50 (– to 0.75) | 0.25 (– to 0.75) | chance 0.00 / –; rule – / 0.90 | 10 epochs of" in text
    assert "| what | F1 | 0.25 (– to 0.75) | rule 0.90 |" in tables([FIGURE, other, replace(FIGURE, name="x")], {})
    assert "0.25 |" in tables([replace(FIGURE, value=0.25, low=float("nan"), high=float("nan"))], {})


def test_json_has_null_for_what_is_not_a_number():
    found = json.loads(as_json([FIGURE], {"people": 2}))
    assert found["figures"][0]["low"] is None and found["figures"][0]["baselines"] == {"chance": 0.0}
    assert {t["verdict"] for t in found["targets"]} == {"not measured"} and found["targets"][0]["found"] is None


@pytest.fixture
def simulated_before(monkeypatch, people):
    monkeypatch.setattr("train.evaluation.evaluate.SleepLM.from_pretrained", lambda _: Oracle(people))
    monkeypatch.setattr("train.evaluation.evaluate.cached_people", lambda plans, folder: people * (len(plans) // 2))


def test_the_command_prints_json_and_leaves_the_document_alone(tmp_path, capsys, simulated_before):
    out = tmp_path / "results.md"
    main(["--people", "2", "--only", "conditions", "--out", str(out), "--json"])
    assert json.loads(capsys.readouterr().out)["figures"] and not out.exists()
    main(["--people", "2", "--only", "conditions", "--out", str(out)])
    assert "AUROC" in out.read_text()


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["--only", "held_out"], "needs --held-out-weights"),
        (
            ["--only", "held_out", "--held-out-weights", "rendered"],
            "not made by `python -m train.nano.pretrain --held-out`",
        ),
        (["--people", "0"], "at least one person"),
        (["--out", __file__], "does not have one <!-- figures"),
    ],
)
def test_what_cannot_be_measured_is_said_in_a_sentence(arguments, why, capsys, simulated_before):
    with pytest.raises(SystemExit):
        main(arguments)
    assert why in capsys.readouterr().err
