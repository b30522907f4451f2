import numpy as np
import pytest

from sleeplm.captions.text.phrases import _EVENT_PHRASES, _RULES
from sleeplm.network.nano.sentences import parts_of
from train.corpus.held_out import named_in
from train.corpus.paraphrases import PARAPHRASES
from train.evaluation.localization import LOCATED
from train.nano.dataset import paraphrases_of
from train.nano.text_embeddings import TextEmbeddings


def test_texts_are_read_as_the_network_reads_them(tmp_path):
    whole, captions = (
        ["deep sleep", "Pulse 62; awake."],
        ["Awake. Pulse 70.", "Pulse 81. Two spindles.", "Unheard."],
    )
    texts = TextEmbeddings(whole, captions, sentences=2, cache=tmp_path)
    assert len(texts) == 5 and texts.empty.tolist() == [False, False, False, False, True]
    kept = ["deep sleep", "Pulse 62; awake.", "Awake. Pulse 70.", "Pulse 81."]
    wanted = parts_of([kept[i] for i in (3, 0, 2, 1)])
    for store in (texts, TextEmbeddings(whole, captions, sentences=2, cache=tmp_path)):  # the second from the cache
        found = store.parts(np.array([3, 0, 2, 1]))
        np.testing.assert_array_equal(found.of, wanted.of)
        np.testing.assert_array_equal(found.values, wanted.values)
        np.testing.assert_allclose(found.vectors, wanted.vectors, atol=1e-3)
    assert len(list(tmp_path.iterdir())) == 1
    assert len(texts.parts(np.array([4, 1])).of) == 3


def test_every_phrase_with_wordings_is_one_of_training():
    phrases = {p for those in (*_EVENT_PHRASES.values(), *(words for _, words in _RULES)) for p in those}
    assert PARAPHRASES.keys() <= phrases
    rendered = [w for those in PARAPHRASES.values() for w in those]
    assert len(rendered) == len(set(rendered)) and not phrases & set(rendered)


@pytest.mark.parametrize("name", LOCATED)
def test_the_third_wording_of_each_event_is_of_no_training(name):
    words = {w.lower() for those in PARAPHRASES.values() for w in those}
    assert LOCATED[name][1][2].lower() not in words


def test_no_wording_names_a_concept_that_its_phrase_does_not():
    assert all(named_in(p) or not any(map(named_in, paraphrases_of(p))) for p in PARAPHRASES)
