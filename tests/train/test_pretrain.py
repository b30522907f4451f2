from dataclasses import replace

import numpy as np
import pytest
import torch
from accelerate.state import AcceleratorState
from distributed import LocalCluster

from sleeplm.errors import UsageError
from sleeplm.kinds.channels import CHANNEL_NAMES
from sleeplm.network.nano.config import NetworkConfig
from sleeplm.network.nano.context import ContextNetwork
from sleeplm.network.nano.decoder import PAD
from sleeplm.network.nano.encoder import NanoSleepLM
from sleeplm.network.nano.measured import PLACEHOLDERS
from sleeplm.network.nano.preparation import prepare
from train.corpus.night import CHANNEL_SUBSETS, by_subset, nights, render_without_context, subsets_of
from train.corpus.simulate import FIRST_SEED, planned, simulate_corpus
from train.nano.augmentation import augment
from train.nano.dataset import EITHER, InMemoryDataset, _own_phrases
from train.nano.pretrain import Settings, Trainer, caption_tokenizer, export
from train.nano.step import of_channels
from train.schedule import Progress, learning_rate

TINY = NetworkConfig(
    name="test", dim=16, width=24, layers=1, heads=2, channel_width=8, tokens=4, decoder_layers=1, decoder_heads=2,
    vocabulary=400, caption_length=40,
)  # fmt: skip
SETTINGS = Settings(steps=4, batch=12, captions=24, pairs=20, seed=3, config=TINY)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    folder = tmp_path_factory.mktemp("corpora") / "corpus"
    with LocalCluster(n_workers=1, threads_per_worker=1, processes=False, dashboard_address=":0") as cluster:
        people = planned(folder, "train", first=3, count=1, hours=0.5, lab="clean")
        simulate_corpus(folder, people, "train", scheduler=cluster.scheduler_address)
    return folder


@pytest.fixture(scope="module")
def dataset(corpus):
    return InMemoryDataset(nights(corpus, "train"), SETTINGS.captions, SETTINGS.pairs, SETTINGS.seed)


def trainer(dataset, run):
    return Trainer(SETTINGS, lambda step: dataset, caption_tokenizer(dataset, TINY.vocabulary), run)


def test_people_are_never_on_two_sides_of_a_split():
    starts = sorted(FIRST_SEED.values())
    assert min(np.diff(starts)) > 100_000


def test_a_view_holds_only_its_channels_and_says_nothing_of_others(corpus):
    (night,) = nights(corpus, "train")
    subsets = by_subset(night.rows())
    assert len(subsets) == len(night.subsets) == 4 and night.subsets == subsets_of(night.study, night.seed)
    for name, rows in zip(night.subsets, subsets, strict=True):
        for row in rows:
            there = {c for c, p in zip(CHANNEL_NAMES, row.present, strict=True) if p}
            assert there <= set(CHANNEL_SUBSETS[name])
            if not there & {"ECG", "SPO2"}:
                assert "cardiac" not in row.captions
            if not there & {"AF", "THX", "ABD"}:
                assert not any("apnea" in p for p in row.phrases)


def test_the_commonest_view_is_one_eeg_alone(corpus):
    (night,) = nights(corpus, "train")
    for seed in range(20):
        assert set(subsets_of(night.study, seed)[1:2]) <= {"one EEG", "other EEG"}
    stages, subsets = night.stages_and_presence()
    rows = by_subset(night.rows())
    assert len(subsets) == len(rows) == 4 and stages == [row.stage for row in rows[0]]
    for present, of_view in zip(subsets, rows, strict=True):
        assert present.tolist() == [row.present for row in of_view]
    assert subsets[1].sum(1).max() == 1


def test_captions_are_those_with_marks_filled_in(corpus):
    (night,) = nights(corpus, "train")
    rows = night.rows()
    assert any(set(t) & set(PLACEHOLDERS) for row in rows for texts in row.templates.values() for t in texts)
    for row in rows:
        assert row.captions.keys() == row.templates.keys()
        assert not any(set(t) & set(PLACEHOLDERS) for texts in row.captions.values() for t in texts)


def test_what_a_view_cannot_see_is_unknown_not_false(dataset):
    assert dataset.unknown.any()
    assert not (dataset.true & dataset.unknown).any()


def test_a_whole_duration_is_told_only_of_what_an_epoch_holds():
    event = {
        "type": "snore", "start_s": 0.0, "end_s": 30.0, "duration_s": 1452.0,
        "from_before": True, "into_next": True,
    }  # fmt: skip
    inside = {**event, "start_s": 4.0, "end_s": 9.0, "duration_s": 5.0, "from_before": False, "into_next": False}
    rows = [{"stage_event": {"stage": "N2", "events": [e]}} for e in (event, inside)]
    renderings = zip(*(render_without_context(rows, str(i)) for i in range(60)), strict=True)
    rendered = [" ".join(row.get("stage_event", "") for row in of_event) for of_event in renderings]
    assert "1452" not in rendered[0] and "lasting 5 s" in rendered[1]


def test_training_captions_speak_of_no_scorer_and_no_epoch_before(corpus):
    (night,) = nights(corpus, "train")
    texts = [t for row in night.rows() for t in row.captions.get("stage_event", ())]
    assert texts
    assert not any(word in t.lower() for t in texts for word in ("expert", "scored", "coming from", "unchanged"))


def test_a_phrase_is_lit_where_its_span_is(dataset):
    r = next(i for i, spans in enumerate(dataset.spans) if spans)
    targets = dataset.targets(np.array([r]))[0]
    start_s, end_s, phrase = max(dataset.spans[r], key=lambda s: s[1] - s[0])
    middle = int((start_s + end_s) / 2)
    assert targets[min(middle, 29), phrase] == 1
    outside = [s for s in range(30) if not any(a < s + 1 and s < b for a, b, p in dataset.spans[r] if p == phrase)]
    assert (targets[outside, phrase] == 0).all()


def test_an_event_that_only_a_rule_knows_of_is_unknown_in_time(dataset):
    tokenizer = caption_tokenizer(dataset, 400)
    batch = dataset.batch(24, tokenizer, 40, 1, 5)
    phrases = len(dataset.phrases)
    holds = batch.targets.any(1)
    nowhere = batch.true[:, :phrases] & ~holds & dataset.timed
    assert batch.targets_unknown[nowhere].all() and (holds & ~batch.targets_unknown).any()


def test_part_of_a_batch_is_drawn_by_phrases_the_rare_ones_too(dataset):
    share = dataset.true.mean(0)
    rows = dataset._by_phrase(400, np.random.default_rng(0))
    assert len(rows) == 400
    assert dataset.true[rows, share.argmin()].mean() > 1.5 * share.min()


def test_a_batch_follows_from_seed_and_step(dataset):
    tokenizer = caption_tokenizer(dataset, 400)
    a, b, c = (dataset.batch(12, tokenizer, 40, 1, step) for step in (5, 5, 6))
    assert all(np.array_equal(getattr(a, k), getattr(b, k)) for k in vars(a) if not k.endswith("texts"))
    assert all(np.array_equal(getattr(a, k).of, getattr(b, k).of) for k in ("texts", "caption_texts"))
    assert not np.array_equal(a.signals, c.signals)
    assert a.caption_true.shape == (12, 6) and a.caption_true[np.arange(6), np.arange(6)].all()
    assert set(a.caption_texts.of) == set(range(6)) and set(a.texts.of) == set(range(a.true.shape[1]))
    assert np.isfinite(a.caption_texts.values).any()
    assert a.exact.tolist() == [True] * 6 + [False] * 6 and a.exact[a.decoded_rows].all()
    lengths = (a.decoded_ids != PAD).sum(1)
    assert (np.diff(lengths) >= 0).all()


def test_of_what_excludes_one_another_each_has_a_phrase_that_is_true_of_it_alone(dataset):
    tokenizer = caption_tokenizer(dataset, 400)
    batch = dataset.batch(24, tokenizer, 40, 1, 3)
    assert (batch.answers >= 0).any(0)[[0, 2]].all()  # stages and hearts
    for answers, phrases, own in zip(batch.answers.T, batch.answer_phrases, dataset.either, strict=True):
        phrases = phrases[phrases >= 0]
        if not all(own):  # a short night may lack an answer
            assert len(phrases) == 0
            continue
        for i in np.flatnonzero(answers >= 0):
            assert batch.true[i, phrases].tolist() == [a == answers[i] for a in range(len(phrases))]


def test_answers_are_those_of_the_phrases_that_are_true(dataset):
    slow, normal, fast = (_own_phrases(EITHER[2])[i] for i in range(3))
    assert "slow heart rate" in slow and "normal heart rate" in normal and "racing heart" in fast
    assert "deep sleep" in _own_phrases(EITHER[0])[3]
    known = [i for i, own in enumerate(dataset.either[0]) if own]
    assert set(dataset.answers[:, 0]) <= {-1, *known}
    for r in np.flatnonzero(dataset.answers[:, 0] >= 0)[::7]:
        assert dataset.true[r, dataset.either[0][dataset.answers[r, 0]]].any()


def test_a_reduced_view_is_what_a_recording_without_the_channels_gives():
    signals = torch.from_numpy(np.random.default_rng(0).normal(0, 20, (2, 14, 1920)).astype(np.float32))
    present = torch.rand(2, 14, generator=torch.Generator().manual_seed(0)) > 0.4
    a, b = of_channels(prepare(signals, torch.ones_like(present)), present), prepare(signals, present)
    for key in ("wave", "bands", "summary", "position", "numbers", "fine", "breathing"):
        torch.testing.assert_close(getattr(a, key), getattr(b, key), equal_nan=True)


def test_microvolts_that_a_caption_gives_are_not_varied():
    rng = np.random.default_rng(0)
    signals = rng.normal(0, 20, (4, 14, 1920)).astype(np.float32)
    exact = np.array([True, True, False, False])
    out = augment(signals, exact, rng)
    c3, spo2 = CHANNEL_NAMES.index("C3"), CHANNEL_NAMES.index("SPO2")
    assert np.array_equal(out[:2, c3], signals[:2, c3]) and not np.array_equal(out[2:, c3], signals[2:, c3])
    assert np.array_equal(out[:, spo2], signals[:, spo2])


def test_a_run_goes_on_from_weights(dataset, tmp_path):
    first = trainer(dataset, tmp_path / "a")
    first.train(None)
    export(first, tmp_path / "out", {"seed": 3})
    model = NanoSleepLM.from_folder(tmp_path / "out")
    model.network.requires_grad_(True)
    start = {key: value.clone() for key, value in model.network.state_dict().items()}
    second = Trainer(SETTINGS, lambda step: dataset, model.tokenizer, tmp_path / "b", start=model.network)
    for key, value in second.network.state_dict().items():
        torch.testing.assert_close(value, start[key])
    second.train(None)
    export(second, tmp_path / "longer", {"seed": 4})
    again = NanoSleepLM.from_folder(tmp_path / "longer").network
    assert again.about == {"seed": 4, "begun_from": {"seed": 3}}
    assert not torch.equal(again.state_dict()["embedding.weight"], start["embedding.weight"])


def test_reading_texts_is_learned_alone(dataset, tmp_path):
    first = trainer(dataset, tmp_path / "a")
    export(first, tmp_path / "out", {})
    model = NanoSleepLM.from_folder(tmp_path / "out")
    before = {key: value.clone() for key, value in model.network.state_dict().items()}
    second = Trainer(
        replace(SETTINGS, texts_only=True),
        lambda step: dataset,
        model.tokenizer,
        tmp_path / "b",
        start=model.network,
    )
    second.train(None)
    export(second, tmp_path / "texts", {}, ContextNetwork(TINY.dim))
    again = NanoSleepLM.from_folder(tmp_path / "texts")
    assert again.context is not None
    for key, value in again.network.state_dict().items():
        assert torch.equal(value, before[key]) != key.startswith("text."), key


def test_training_lowers_the_loss_and_exports_what_loads(dataset, tmp_path):
    settings = replace(SETTINGS, steps=10, rate=3e-3)
    run = Trainer(settings, lambda step: dataset, caption_tokenizer(dataset, TINY.vocabulary), tmp_path / "run")
    batch = dataset.batch(12, run.tokenizer, TINY.caption_length, seed=9, step=0)
    before = run.module(batch, 9, 0)
    run.train(None)
    after = run.module(batch, 9, 0)
    assert run.progress.done
    assert all(after[k] < before[k] for k in ("caption", "dense", "bands", "epoch_to_text"))
    export(run, tmp_path / "out", {"seed": 3})
    model = NanoSleepLM.from_folder(tmp_path / "out")
    assert model.dim == 16


def test_a_resumed_run_ends_in_the_same_weights(dataset, tmp_path):
    straight = trainer(dataset, tmp_path / "a")
    straight.train(None)
    first = trainer(dataset, tmp_path / "b")
    first.module.train()
    first.step(), first.step()
    first.save()
    second = trainer(dataset, tmp_path / "b")
    second.resume()
    assert second.progress.step == 2
    second.train(None)
    wanted = straight.network.state_dict()
    for key, value in second.network.state_dict().items():
        torch.testing.assert_close(value, wanted[key], msg=key)


def test_a_checkpoint_of_other_settings_and_a_missing_one_are_refused(dataset, tmp_path):
    with pytest.raises(UsageError, match="no checkpoint"):
        trainer(dataset, tmp_path / "none").resume()
    first = trainer(dataset, tmp_path / "run")
    first.save()
    longer = Trainer(replace(SETTINGS, minutes=99), lambda step: dataset, first.tokenizer, tmp_path / "run")
    longer.resume()
    other = Trainer(replace(SETTINGS, batch=6), lambda step: dataset, first.tokenizer, tmp_path / "run")
    with pytest.raises(UsageError, match="another batch"):
        other.resume()


def test_a_checkpoint_cut_short_leaves_the_one_before(dataset, tmp_path, monkeypatch):
    run = trainer(dataset, tmp_path / "run")
    run.module.train(), run.step(), run.save()
    monkeypatch.setattr(run.accelerator, "wait_for_everyone", lambda: 1 / 0)
    run.step()
    with pytest.raises(ZeroDivisionError):
        run.save()
    again = trainer(dataset, tmp_path / "run")
    again.resume()
    assert again.progress.step == 1


def test_bfloat16_computes_the_network_alone_and_trains_alike(dataset, tmp_path):
    def start(precision):
        AcceleratorState._reset_state()
        settings = replace(SETTINGS, precision=precision)
        run = Trainer(
            settings, lambda step: dataset, caption_tokenizer(dataset, TINY.vocabulary), tmp_path / precision
        )
        run.module.train()
        return run

    found = {precision: start(precision).step() for precision in ("bf16", "no")}
    assert found["bf16"] != found["no"]
    assert found["bf16"] == pytest.approx(found["no"], rel=0.05)
    run = start("bf16")
    run.train(None)
    assert all(p.dtype == torch.float32 and torch.isfinite(p).all() for p in run.network.parameters())
    AcceleratorState._reset_state()


def test_the_rate_rises_then_falls_to_little():
    rates = [learning_rate(1.0, s) for s in np.linspace(0, 1, 101)]
    assert rates[0] < 0.1 and max(rates) == pytest.approx(1, abs=0.01) and rates[-1] == pytest.approx(0.02)
    progress = Progress(1.0, 2)
    assert not progress.done
    progress.advance()
    progress.advance()
    assert progress.done


def test_captions_that_name_the_scorer_are_told_again():
    row = {
        "stage_event": {
            "stage": "N2",
            "stage_source": "expert",
            "previous_stage": "R",
            "events": [],
            "looked_for": [],
        }
    }
    for rendered in render_without_context([row] * 30, "s"):
        text = rendered.get("stage_event", "").lower()
        assert "expert" not in text and "rem sleep" not in text.replace("non-rem sleep", "")


def test_another_laboratory_changes_spectra_but_not_what_happened_when():
    rng = np.random.default_rng(0)
    burst = np.zeros((40, 14, 1920), np.float32)
    c3, c4 = CHANNEL_NAMES.index("C3"), CHANNEL_NAMES.index("C4")
    burst[:, c3, 640:960] = 40 * np.sin(2 * np.pi * 10 * np.arange(320) / 64)
    out = augment(burst, np.zeros(40, dtype=bool), rng)
    power = np.square(out[:, c3]).reshape(40, 6, 320).mean(-1)
    assert (power.argmax(1) == 2).all()
    assert not out[:, c4].any()  # what was not recorded stays silent
    gains = np.sqrt(power[:, 2])
    assert gains.max() > 1.5 * gains.min()
    same = augment(
        burst, np.zeros(40, dtype=bool), rng, variety=0.0
    )  # the same spectra, at another size and way up
    shapes = same[:, c3] / same[:, c3].std(-1, keepdims=True)
    wanted = burst[:, c3] / burst[:, c3].std(-1, keepdims=True)
    np.testing.assert_allclose(np.abs(shapes), np.abs(wanted), atol=1e-5)
    assert {*np.sign(same[:, c3, 641] * burst[:, c3, 641])} == {-1, 1}
