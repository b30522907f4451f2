import pytest

from sleeplm.captions import Caption, render_captions
from sleeplm.captions.reading.rewrite import REWRITTEN, rewrite

ROW = {
    "stage_event": {
        "stage": "N2",
        "events": [
            {
                "type": "arousal", "start_s": 3.0, "end_s": 9.5, "duration_s": 6.5, "from_before": False,
                "into_next": False, "source": "expert",
            }
        ],
        "looked_for": [],
    },
}  # fmt: skip
SAID = "N2 sleep with an arousal from 3 to 9.5 s."


@pytest.mark.parametrize(
    "paraphrase, outcome",
    [
        ("This is stage N2; there is one arousal, between 3 and 9.5 seconds.", "kept"),
        ("This is stage N2; there is one arousal, between 3 and 8.5 seconds.", "changed"),
        ("This is stage N3; there is one arousal, between 3 and 9.5 seconds.", "changed"),
        ("This is stage N2.", "dropped"),
        ("N2 sleep with an arousal from 3 to 9.5 s, and a hypopnea.", "added"),
        ("N2 sleep with an arousal from 3 to 9.5 s. Heart rate 60 bpm.", "added"),
        (SAID, "unchanged"),
        ("  ", "empty"),
    ],
)
def test_a_paraphrase_is_kept_only_if_it_says_the_same(paraphrase, outcome):
    caption = Caption(SAID, {"stage": "N2"})
    out, counts = rewrite([{"stage_event": caption}], lambda texts: [paraphrase for _ in texts])
    (rewritten,) = (row["stage_event"] for row in out)
    assert counts == {outcome: 1}
    assert (rewritten.text, rewritten.source) == (
        (paraphrase, REWRITTEN) if outcome == "kept" else (SAID, "measured")
    )
    assert rewritten.attributes == caption.attributes


def test_a_faithful_model_keeps_all_and_one_that_lies_keeps_none():
    captions = [row for seed in range(20) for row in render_captions([ROW], seed)]

    def faithful(texts):
        return [f"In other words: {t[0].lower()}{t[1:]}" for t in texts]

    def liar(texts):
        return [t.replace("9.5", "9.6").replace("6.5", "6.6") for t in texts]

    n = sum(len(row) for row in captions)
    out, counts = rewrite(captions, faithful)
    assert counts == {"kept": n}
    assert all(c.claims == captions[e][f].claims for e, row in enumerate(out) for f, c in row.items())
    out, counts = rewrite(captions, liar)
    assert counts["kept"] == 0 and out == captions


def test_what_was_read_from_disk_is_compared_by_its_text():
    stored = Caption.from_dict(Caption(SAID, {}).as_dict())
    assert stored.claims == ()
    assert rewrite([{"stage_event": stored}], lambda texts: ["Stage N2."])[1] == {"dropped": 1}


def test_a_model_that_loses_texts_is_refused():
    with pytest.raises(ValueError, match="1 texts gave 0 paraphrases"):
        rewrite([{"stage_event": Caption(SAID, {})}], lambda texts: [])


def test_no_captions_need_no_model():
    assert rewrite([], None) == ([], {})


def test_the_sentences_that_a_model_gets_right_are_kept_beside_ours():
    caption = Caption("N2 sleep. Heart rate 62 bpm. SpO2 95%.", {})

    def half_right(texts):
        return [{"Heart rate 62 bpm.": "The pulse is 62 bpm.", "SpO2 95%.": "SpO2 94%."}.get(t, t) for t in texts]

    ((rewritten,), counts) = rewrite([{"summary": caption}], half_right)
    assert rewritten["summary"].text == "N2 sleep. The pulse is 62 bpm. SpO2 95%." and counts == {"kept": 1}
