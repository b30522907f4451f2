"""The released network behind the face that callers know."""

import numpy as np
import pytest
import torch
from fakes_published import TINY, WORDS, tiny_network, write_published, write_tokenizer
from huggingface_hub import constants
from hypothesis import given
from hypothesis import strategies as st

from sleeplm.errors import ModelError, UsageError
from sleeplm.kinds.channels import CHANNEL_NAMES, FACETS
from sleeplm.network.encoder import model_of, require_dense
from sleeplm.network.loading import SleepLM
from sleeplm.network.published import PublishedSleepLM
from sleeplm.network.published.preparation import NAMES, prepared
from sleeplm.network.published.tokenizer import PublishedTokenizer, readable
from sleeplm.network.published.unsupported_claims import cut_unsupported_claims
from sleeplm.recording.epochs import Epochs

POS, ECG, SPO2 = (CHANNEL_NAMES.index(name) for name in ("POS", "ECG", "SPO2"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with the files of the published repository, and a tokenizer."""
    folder = tmp_path_factory.mktemp("SleepLM-Base")
    write_published(folder)
    write_tokenizer(folder)
    return folder


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("SLEEPLM_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def model(folder, cache):
    return SleepLM.from_pretrained(folder)


@pytest.fixture
def epochs():
    rng = np.random.default_rng(0)
    made = Epochs(rng.normal(3, 30, (9, 14, 1920)).astype(np.float32), np.ones((9, 14), dtype=bool))
    made.signals[:, POS] = np.arange(9)[:, None] % 6 - 1
    return made


def test_a_folder_of_the_published_files_is_converted_once(folder, cache):
    first = SleepLM.from_pretrained(folder)
    assert isinstance(first, PublishedSleepLM) and first.name == folder.name
    (made,) = cache.iterdir()
    before = (made / "released.safetensors").stat().st_mtime_ns
    SleepLM.from_pretrained(folder)
    assert (made / "released.safetensors").stat().st_mtime_ns == before
    (made / "released.safetensors").write_bytes(b"altered")
    with pytest.raises(ModelError, match="its sum differs"):
        SleepLM.from_pretrained(folder)


def test_a_conversion_that_breaks_off_leaves_nothing_behind(folder, cache, monkeypatch):
    def broken(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("sleeplm.network.published.folders.convert", broken)
    with pytest.raises(ModelError, match="No space left on device"):
        SleepLM.from_pretrained(folder)
    assert list(cache.iterdir()) == []


def test_signals_are_embedded_without_a_tokenizer_and_texts_say_that_it_is_wanted(
    cache, tmp_path, epochs, monkeypatch
):
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")  # no network
    write_published(tmp_path / "bare")
    model = SleepLM.from_pretrained(tmp_path / "bare")
    assert model.embed_signals(epochs).shape == (9, 8)
    with pytest.raises(ModelError, match=r"openai/clip-vit-base-patch32 cannot be fetched.*vocab\.json"):
        model.embed_text(["heart rate"])


def test_saved_weights_are_read_again(model, tmp_path, epochs):
    model.save_pretrained(tmp_path / "kept")
    again = SleepLM.from_pretrained(tmp_path / "kept")
    assert again.name == model.name
    assert np.array_equal(again.embed_signals(epochs), model.embed_signals(epochs))
    assert np.array_equal(again.embed_text(["heart rate"]), model.embed_text(["heart rate"]))
    again.save_pretrained(tmp_path / "kept")  # into the folder that it came from


def test_the_base_configuration_is_meant_where_the_folder_has_none(folder, cache, tmp_path):
    write_published(tmp_path / "bare")
    (tmp_path / "bare" / "config.json").unlink()
    with pytest.raises(ModelError, match="transformer_width is 768"):
        SleepLM.from_pretrained(tmp_path / "bare")


def test_embeddings_and_tokens_are_the_networks(model, epochs):
    signals = torch.from_numpy(prepared(epochs))
    found = model.encode(epochs)
    np.testing.assert_allclose(found.embeddings, tiny_network().embed_signals(signals), atol=2e-6)
    np.testing.assert_allclose(found.tokens, tiny_network().signal_tokens(signals), atol=2e-6)
    assert found.patches.shape == (9, 0, 8)
    nothing = Epochs(np.zeros((0, 14, 1920), np.float32), np.zeros((0, 14), bool))
    assert model.embed_signals(nothing).shape == (0, 8) and model.caption(nothing, "brain") == []


def test_signals_are_prepared_as_published(epochs):
    epochs.present[2:, ECG] = False
    epochs.present[4, POS] = False
    epochs.signals[5, POS] = 9
    found = prepared(epochs)
    assert found.shape == (9, 10, 1920) and found.dtype == np.float32
    here = found[:2, ECG]
    assert abs(here.mean()) < 1e-5 and here.std() == pytest.approx(1, abs=1e-5)
    assert not found[2:, ECG].any()
    assert found[:, POS, 0].tolist() == [-1, 0, 1, 2, -1, -1, -1, 0, 1]
    epochs.signals[:, ECG] = 7
    assert not prepared(epochs)[:, ECG].any()  # a line has no spread to divide by


def test_the_same_weights_are_known_as_the_same_model(model, folder):
    known = model_of(model)
    assert (known["name"], known["dim"]) == (folder.name, 8)
    assert known == model_of(SleepLM.from_pretrained(folder))
    model.network.to_bfloat16()
    assert model_of(model)["sha256"] != known["sha256"]


def test_a_louder_epoch_stays_louder(epochs):
    epochs.signals[3, 6] *= 4
    found = prepared(epochs)[:, 6].std(-1)
    assert found[3] == pytest.approx(4 * found[2], rel=0.1)


def test_text_is_embedded_in_the_order_asked(model):
    a = model.embed_text(["Heart rate", "oxygen", "heart  RATE"])
    assert a.shape == (3, 8)
    np.testing.assert_allclose(a[0], a[2], atol=1e-6)
    assert not np.allclose(a[0], a[1])
    assert model.embed_text([]).shape == (0, 8)


def test_what_is_dense_in_time_is_refused(model):
    assert not model.dense and not hasattr(model, "localize")
    with pytest.raises(UsageError, match="no embeddings dense in time"):
        require_dense(model)


def says(model, monkeypatch, text):
    """Let the network say a text, whatever it is shown; what it was asked."""
    asked = []

    def generate_from(tokens, prefix, *_):
        asked.extend(prefix.tolist())
        return model.tokenizer.ids([text]).expand(len(prefix), -1)

    monkeypatch.setattr(model.network, "generate_from", generate_from)
    return asked


@pytest.mark.parametrize(("facet", "number"), [*zip(FACETS, (4, 0, 1, 2, 3), strict=True)])
def test_facets_go_by_their_published_names(model, epochs, monkeypatch, facet, number):
    asked = says(model, monkeypatch, "the")
    assert model.caption(epochs, facet) == ["The"] * 9
    assert asked == [[number, -1]] * 9
    with pytest.raises(UsageError, match="brain"):
        model.caption(epochs, "kidneys")


def test_what_was_not_recorded_is_not_spoken_of(model, epochs, monkeypatch):
    says(model, monkeypatch, "oxygen is 96%. heart rate is 62.5.")
    epochs.present[4, ECG] = False  # its SpO2, recorded or not, is no input of this network
    found = model.caption(epochs, "cardiac")
    assert found == ["Heart rate is 62.5."] * 4 + [""] + ["Heart rate is 62.5."] * 4


def test_the_network_itself_writes_captions(model, epochs):
    found = model.caption(epochs, "brain")
    assert len(found) == 9 and any(found)


SENTENCES = {
    "Blood Oxygen Saturation: minimum value of 95.31, mean of 97.04.": None,
    "SpO2 stays at 96%.": None,
    "The Oxygen Desaturation event lasts from 14.2 to 30.0 seconds.": None,
    "Heart rate is 62 bpm and SpO2 is 96%.": None,
    "Periodic limb movements are seen.": None,
    "The patient snores.": None,
    "Heart Rate: a minimum value valued at 60, plus maximum value at 64.07.": {"ECG"},
    "Abdominal Respiration: respiratory rate valued at 13.29 bpm.": {"ABD"},
    "Air Flow: airflow rate of 14.64 bpm, plus an inspiratory flow flatness of 0.71.": {"AF"},
    "The Hypopnea event is documented from 0.0 to 5.6 seconds.": {"THX"},
    "No sleep-disordered breathing events were detected.": {"AF"},
    "Central EEG Activity (C3-A2): delta relative power measuring 48.49%.": {"C3"},
    "Left EOG Movement: slow eye movement relative power of 20.58%.": {"EOG_L"},
    "Chin EMG Activity: a median frequency of 17.34 Hz.": {"EMG_CHIN"},
    "The patient maintains the left position for this period.": {"POS"},
    "This is rapid eye movement sleep.": {"C4"},
    "Rapid eye movements are seen.": {"EOG_R"},
    "The patient presents REM Sleep during this period.": {"EOG_L"},
}


@pytest.mark.parametrize("sentence", SENTENCES)
def test_a_sentence_needs_the_channel_that_it_speaks_of(sentence):
    needed = SENTENCES[sentence]
    if needed is None:
        assert cut_unsupported_claims(sentence, NAMES) == ""
    else:
        assert cut_unsupported_claims(sentence, needed) == cut_unsupported_claims(sentence, NAMES) == sentence
        assert cut_unsupported_claims(sentence, ()) == ""


@given(
    st.lists(st.sampled_from([*SENTENCES, "It rises.", "This lasts 3.5 s!"])),
    st.sets(st.sampled_from(NAMES)),
    st.sets(st.sampled_from(NAMES)),
)
def test_with_fewer_signals_no_more_is_said(sentences, recorded, lost):
    more = cut_unsupported_claims(" ".join(sentences), recorded)
    fewer = cut_unsupported_claims(" ".join(sentences), recorded - lost)
    words = iter(more.split())
    assert all(word in words for word in fewer.split())  # in their order
    assert cut_unsupported_claims(more, recorded) == more


def test_the_other_eeg_does_not_speak_for_one():
    both = "Central EEG Activity (C3-A2): delta 48%. Central EEG Activity (C4-A1): delta 39%."
    assert cut_unsupported_claims(both, {"C4"}) == "Central EEG Activity (C4-A1): delta 39%."


def test_what_goes_on_about_a_cut_sentence_is_cut_with_it():
    text = "Heart rate is 62.5 bpm. It rises. SpO2 is 96%. It falls to 88.1. The thorax moves."
    assert cut_unsupported_claims(text, NAMES) == "Heart rate is 62.5 bpm. It rises. The thorax moves."
    assert cut_unsupported_claims("", NAMES) == ""


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("spo 2 is 9 6 . 5 % ( c 3 - a 2 ) .", "SpO2 is 96.5% (C3-A2)."),
        ("stable light sleep ( n 2 ) . no events .", "Stable light sleep (N2). No events."),
        (
            "from 0 . 0 to 1 5 . 2 seconds , rem - like eeg at 1 2 hz",
            "From 0.0 to 15.2 seconds, REM-like EEG at 12 Hz",
        ),
        ("the patient ' s heart", "The patient's heart"),
        ("", ""),
    ],
)
def test_generated_words_are_put_as_people_write_them(written, read):
    assert readable(written) == read


def test_ids_have_the_published_form(folder):
    words = PublishedTokenizer(folder, TINY.vocabulary, TINY.context)
    ids = words.ids(["Heart rate", "x" * 100])
    assert ids[0, 0] == 298 and ids[1, -1] == 299 and ids.shape == (2, TINY.context)
    assert ids[0].tolist()[3:] == [299] + [0] * (TINY.context - 4)  # "heart" and "rate" are a token each
    assert words.texts(ids.tolist())[0] == "Heart rate"
    assert {"heart", "rate"} <= set(WORDS)


@pytest.mark.parametrize("file", ["vocab.json", "merges.txt"])
def test_a_damaged_tokenizer_is_refused(folder, cache, tmp_path, file):
    write_tokenizer(tmp_path)
    (tmp_path / file).write_text("{")
    with pytest.raises(ModelError, match="holds no tokenizer"):
        PublishedTokenizer(tmp_path, TINY.vocabulary, TINY.context)


def test_another_networks_tokenizer_is_refused(folder):
    with pytest.raises(ModelError, match="another network's"):
        PublishedTokenizer(folder, 512, TINY.context)
