"""The published network, fine-tuned: a tiny one on nights that are easy to tell apart."""

import json
from dataclasses import dataclass, replace

import numpy as np
import pytest
import torch
from accelerate.state import AcceleratorState
from fakes_published import TINY, tiny_network, write_published, write_tokenizer
from safetensors.torch import load_file
from torch.nn import functional

from sleeplm.errors import ModelError, UsageError
from sleeplm.kinds.channels import CHANNEL_NAMES
from sleeplm.network import losses
from sleeplm.network.loading import SleepLM
from sleeplm.network.published import PublishedNetwork
from sleeplm.network.published.files import load_released
from sleeplm.network.published.preparation import NAMES, of_channels, prepared
from sleeplm.network.published.tokenizer import PublishedTokenizer
from sleeplm.recording.epochs import Epochs
from train.corpus.night import Row
from train.nano.pretrain import main
from train.published.dataset import PublishedBatch, PublishedDataset
from train.published.finetune import TuningSettings, export_tuned, start_of, tuning, validation_of
from train.published.step import PublishedStep, PublishedValidation

SETTINGS = TuningSettings(minutes=1, steps=4, batch=12, rate=2e-3, seed=3)
EPOCHS = 20
BRAIN, POS = ("EOG_L", "EOG_R", "C3", "C4"), CHANNEL_NAMES.index("POS")
STAGES = ("W", "N3")


@dataclass(frozen=True)
class Night:
    """Half an hour awake on one side and asleep on the other: slow waves, or none."""

    seed: int
    channels: tuple[str, ...] = CHANNEL_NAMES
    simulated, n_epochs, subsets = True, EPOCHS, ("whole", "brain")

    def rendered(self, seed):
        return self

    def with_channels(self, channels):
        return replace(self, channels=channels)

    @property
    def signals(self):
        rng = np.random.default_rng(self.seed)
        out = rng.normal(0, 10, (EPOCHS, 14, 1920))
        out[1::2, 4:8] += 80 * np.sin(2 * np.pi * np.arange(1920) / 64)
        out[:, POS] = np.arange(EPOCHS)[:, None] % 2
        return out.astype(np.float16)

    def rows(self):
        return [self.row(e, view) for view in (CHANNEL_NAMES, BRAIN) for e in range(EPOCHS)]

    def row(self, e, view):
        names = set(view) & set(self.channels)
        stated = {"stage_event": ["sleep stage wake", "sleep stage n3"][e % 2]}
        if names & set(BRAIN):
            stated["brain"] = ["eeg beta power", "eeg delta power"][e % 2]
        if "POS" in names:
            stated["somatic"] = ["position right", "position left"][e % 2]
        same = {facet: f"{facet} {e % 2}" for facet in stated}
        present = [name in names for name in CHANNEL_NAMES]
        return Row(e, present, STAGES[e % 2], [], [], [], {f: [t] for f, t in stated.items()}, {}, same, {})


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A network of the published form as the hub has it, with its tokenizer."""
    folder = tmp_path_factory.mktemp("published") / "SleepLM-Base"
    write_published(folder)
    write_tokenizer(folder)
    return folder


@pytest.fixture
def start(folder, tmp_path, monkeypatch):
    monkeypatch.setenv("SLEEPLM_CACHE", str(tmp_path / "cache"))
    return start_of(str(folder))


@pytest.fixture(scope="module")
def words(folder):
    return PublishedTokenizer(folder, TINY.vocabulary, TINY.context)


def dataset(words, seeds=(0, 1)):
    return PublishedDataset([Night(seed, NAMES) for seed in seeds], words, 2)


def run_of(start, run, settings=SETTINGS):
    return tuning(settings, start, [Night(0), Night(1)], run)


def test_a_batch_is_prepared_as_the_network_will_be_handed_it(words):
    made = dataset(words)
    batch = made.batch(12, 3, 5)
    same, other = made.batch(12, 3, 5), made.batch(12, 3, 6)
    assert all(np.array_equal(value, getattr(same, name)) for name, value in vars(batch).items())
    assert not np.array_equal(batch.signals, other.signals)
    night = Night(0)
    for view in (CHANNEL_NAMES, BRAIN):
        present = np.tile([name in view for name in CHANNEL_NAMES], (EPOCHS, 1))
        wanted = prepared(Epochs(night.signals.astype(np.float32), present))
        found = of_channels(made.signals[0].astype(np.float32), present[:, : len(NAMES)])
        np.testing.assert_allclose(found, wanted, atol=5e-3)
    absent = np.flatnonzero(~batch.present[:, POS])
    assert len(absent) and (batch.signals[absent, POS] == -1).all()
    assert batch.signals.dtype == np.float32 and batch.ids.max() == TINY.vocabulary - 1


def test_each_epoch_has_a_text_of_one_facet_and_what_says_the_same_is_true_of_it_too(words):
    batch = dataset(words).batch(40, 1, 0)
    texts = words.texts(batch.ids.tolist())
    assert {tuple(p) for p in batch.prefix} <= {(0, -1), (3, -1), (4, -1)}
    for i in range(40):
        assert batch.true[i, i] and not batch.unknown[i, i]
        for j in range(40):
            if batch.true[i, j]:  # a text of the other stage is never true
                assert texts[j].endswith(("wake", "beta power", "right")) == (batch.stages[i] == "W")
            if batch.unknown[i, j]:  # the same moment in a view without the text's channels
                assert batch.stages[i] == batch.stages[j] and not batch.present[i, POS]
    assert batch.unknown.any()


def test_a_night_is_told_to_ten_channels(start, monkeypatch, tmp_path):
    channels = []

    def rows(self):
        channels.append(self.channels)
        return [self.row(0, CHANNEL_NAMES)]

    monkeypatch.setattr(Night, "rows", rows)
    monkeypatch.setattr(Night, "signals", np.zeros((1, 14, 1920), np.float16))
    run_of(start, tmp_path).drawn(0)
    assert set(channels) == {NAMES}


def test_losses_are_those_of_the_published_outputs(reference):
    golden = load_file(reference / "tiny.golden.safetensors")
    network = load_released(reference / "tiny.weights.pt", reference / "tiny.config.json")
    n = len(golden["text"])
    batch = PublishedBatch(
        golden["signals"].numpy(), np.ones((n, 10), bool), golden["text"].numpy(),
        golden["modality_prefix"].numpy(), np.eye(n, dtype=bool), np.zeros((n, n), bool), ["W"] * n,
    )  # fmt: skip
    found = PublishedStep(network)(batch)
    scores = golden["logit_scale"] * golden["signal_embedding"] @ golden["text_embedding"].T
    diagonal = torch.arange(n)
    wanted = {
        "text_to_epoch": functional.cross_entropy(scores.T, diagonal),
        "epoch_to_text": functional.cross_entropy(scores, diagonal),
        "caption": losses.captioning(golden["logits"], golden["text"].long()),
        "reconstruction": functional.mse_loss(golden["reconstruction"], golden["signals"]),
    }
    assert found.keys() == wanted.keys()
    for name, value in wanted.items():
        torch.testing.assert_close(found[name], value, atol=2e-5, rtol=1e-5, msg=name)


def test_one_pass_of_the_text_gives_what_two_give():
    network, ids = tiny_network(), torch.tensor([[298, 5, 6, 7, 299], [298, 9, 299, 0, 0]])
    embeddings, states = network.text(ids)
    torch.testing.assert_close(embeddings, network.embed_text(ids))
    torch.testing.assert_close(states, network.text.states(ids))


def test_what_the_configuration_drops_is_dropped_in_training_alone():
    network = tiny_network()
    network.config = {"biosignals_cfg": {"dropout": 0.5}}
    signals = torch.randn(2, 10, 1920, generator=torch.Generator().manual_seed(0))
    before = network.embed_signals(signals)
    assert not torch.allclose(network.for_training().embed_signals(signals), before)
    torch.testing.assert_close(network.eval().embed_signals(signals), before)
    for wrong in ("much", 1.5, True):
        network.config = {"biosignals_cfg": {"dropout": wrong}}
        with pytest.raises(ModelError, match=r"biosignals_cfg\.dropout"):
            network.for_training()


def test_tuning_lowers_every_loss_and_what_is_saved_is_read_again(start, words, tmp_path):
    before = start.network.state_dict()
    before = {name: value.clone() for name, value in before.items()}
    run = run_of(start, tmp_path / "run", replace(SETTINGS, steps=14, batch=10, rate=5e-3))
    validation = PublishedValidation(dataset(words, seeds=(7,)), batches=1, size=20)
    first = run.validate(validation)
    run.train(validation)
    last = run.validate(validation)
    assert all(last[name] < first[name] for name in first if name != "kappa"), (first, last)
    after = start.network.state_dict()
    still = {name for name in before if torch.equal(before[name], after[name])}
    assert still == {name for name in before if "temporal" in name and name.endswith("freqs")}

    export_tuned(start, tmp_path / "tuned", {"steps": 14})
    again = SleepLM.from_pretrained(tmp_path / "tuned")
    assert again.name == "SleepLM-Base, fine-tuned"
    epochs = Epochs(Night(9).signals.astype(np.float32), np.ones((EPOCHS, 14), dtype=bool))
    assert np.array_equal(again.embed_signals(epochs), start.embed_signals(epochs))
    assert np.array_equal(again.embed_text(["eeg power"]), start.embed_text(["eeg power"]))
    card = json.loads((tmp_path / "tuned" / "released.json").read_text())
    assert card["source"] == {"name": again.name, "from": "SleepLM-Base", "fine_tuned": {"steps": 14}}
    read = load_released(tmp_path / "tuned" / "released.safetensors", tmp_path / "tuned" / "released.json")
    assert all(torch.equal(value, after[name]) for name, value in read.state_dict().items())
    again.save_pretrained(tmp_path / "kept")  # how they were made stays with the weights
    assert json.loads((tmp_path / "kept" / "released.json").read_text())["source"] == card["source"]


def test_a_resumed_run_ends_in_the_same_weights(folder, tmp_path, monkeypatch):
    monkeypatch.setenv("SLEEPLM_CACHE", str(tmp_path / "cache"))
    straight = run_of(start_of(str(folder)), tmp_path / "a")
    straight.train(None)
    first = run_of(start_of(str(folder)), tmp_path / "b")
    first.module.train()
    first.step(), first.step(), first.save()
    second = run_of(start_of(str(folder)), tmp_path / "b")
    second.resume()
    assert second.progress.step == 2
    second.train(None)
    wanted = straight.network.state_dict()
    for name, value in second.network.state_dict().items():
        assert torch.equal(value, wanted[name]), name
    other = run_of(start_of(str(folder)), tmp_path / "b", replace(SETTINGS, start="another"))
    with pytest.raises(UsageError, match="another start"):
        other.resume()


def test_bfloat16_computes_the_network_alone_and_trains_alike(folder, tmp_path, monkeypatch):
    monkeypatch.setenv("SLEEPLM_CACHE", str(tmp_path / "cache"))

    def started(precision):
        AcceleratorState._reset_state()
        run = run_of(start_of(str(folder)), tmp_path / precision, replace(SETTINGS, precision=precision))
        run.network.eval()  # what is dropped differs
        return run

    found = {precision: started(precision).step() for precision in ("bf16", "no")}
    assert found["bf16"] != found["no"]
    assert found["bf16"] == pytest.approx(found["no"], rel=0.05)
    run = started("bf16")
    run.train(None)
    assert all(p.dtype == torch.float32 and torch.isfinite(p).all() for p in run.network.parameters())
    AcceleratorState._reset_state()


def test_weights_without_a_reconstruction_head_are_tuned_by_the_other_losses(start, tmp_path, capsys):
    start.network.signal_decoder = None
    found = run_of(start, tmp_path).step()
    assert found.keys() == {"text_to_epoch", "epoch_to_text", "caption"}
    assert "no reconstruction head" in capsys.readouterr().out


def test_people_set_aside_are_measured_alike_each_time(start):
    assert validation_of(start, []) is None
    measure = validation_of(start, [Night(5)])
    assert measure is not None
    one, two = measure(start.network), measure(start.network)
    assert one == two and -1 <= one["kappa"] <= 1


@pytest.fixture
def corpus(monkeypatch):
    """The nights of a corpus, by split."""
    people = {"train": [Night(0), Night(1)], "validation": [Night(5)]}
    monkeypatch.setattr("train.nano.pretrain.nights", lambda folder, split: people[split])


def test_the_command_tunes_goes_on_and_writes_what_loads(corpus, folder, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("SLEEPLM_CACHE", str(tmp_path / "cache"))
    asked = ["--from", str(folder), "--corpus", "corpus", "--out", str(tmp_path / "tuned"), "--run", str(tmp_path)]
    asked += ["--steps", "2", "--batch", "4"]
    main(asked)
    made = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (made["steps"], made["batch"]) == (2, 4)
    assert start_of(str(tmp_path / "tuned")).network.about["fine_tuned"] == made
    main([*asked, "--resume"])
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["steps"] == 2


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (["--from", "nowhere/at/all"], "the weights folder lacks nano.safetensors"),
        (["--variety", "0.5"], "--variety is of a network of our own; leave it out with the published form"),
        (["--sentences", "9"], "--sentences is of a network of our own"),
        (["--held-out"], "--held-out is of a network of our own"),
        (["--resume"], "There is no checkpoint"),
    ],
)
def test_what_cannot_be_tuned_is_refused_in_one_sentence(
    corpus, folder, tmp_path, monkeypatch, capsys, change, says
):
    monkeypatch.setenv("SLEEPLM_CACHE", str(tmp_path / "cache"))
    asked = ["--from", str(folder), "--corpus", "corpus", "--out", str(tmp_path), "--run", str(tmp_path), *change]
    with pytest.raises(SystemExit) as raised:
        main(asked)
    assert raised.value.code == 2
    assert says in capsys.readouterr().err.splitlines()[-1]


def test_a_network_that_reads_other_signals_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("SLEEPLM_CACHE", str(tmp_path / "cache"))
    network = PublishedNetwork(replace(TINY, channels=9))
    write_published(tmp_path, network=network)
    config = json.loads((tmp_path / "config.json").read_text())
    config["biosignals_cfg"]["input_channels"] = 9
    (tmp_path / "config.json").write_text(json.dumps(config))
    with pytest.raises(ModelError, match="reads 9 channels of 1920 samples"):
        start_of(str(tmp_path))
