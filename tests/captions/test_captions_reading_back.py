import pytest
from drawn_attributes import FACET
from hypothesis import given, settings
from hypothesis import strategies as st

from sleeplm.captions import attributes_of_night, render_captions
from sleeplm.captions.reading.claims import read_back
from sleeplm.kinds.channels import FACETS, SUMMARY


@given(st.fixed_dictionaries({}, optional=FACET))
@settings(max_examples=60, deadline=None)
def test_every_summary_is_read_back_to_what_it_says(row):
    for seed in range(5):
        (rendered,) = render_captions([row], seed)
        if SUMMARY in rendered:
            assert read_back(rendered[SUMMARY].text, SUMMARY) == rendered[SUMMARY].claims, rendered[SUMMARY].text


@pytest.mark.parametrize("facet", FACETS)
@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_every_caption_is_read_back_to_what_it_says(facet, data):
    values = data.draw(FACET[facet])
    for seed in range(5):
        (rendered,) = render_captions([{facet: values}], seed)
        if facet in rendered:
            assert read_back(rendered[facet].text, facet) == rendered[facet].claims, rendered[facet].text


def test_every_caption_of_a_night_is_read_back_over_many_seeds(made):
    night = attributes_of_night(*made)[::4]
    for seed in range(8):
        for row in render_captions(night, seed):
            for facet, caption in row.items():
                assert caption.claims and read_back(caption.text, facet) == caption.claims, caption.text


@pytest.mark.parametrize(
    "ours, theirs",
    [
        (
            "Steady heart rate of 62 bpm. RMSSD 40 ms.",
            "With an RMSSD of 40 ms, the pulse is a stable 62 beats per minute.",
        ),
        (
            "N2 sleep with an obstructive apnea from 3 to 20 s, ended by an arousal.",
            "This is stage N2. There is one obstructive apnea between 3 and 20 seconds, followed by an arousal.",
        ),
        ("SpO2 95%, lowest 91%.", "The oxygen saturation is at 95 percent; its minimum reaches 91%."),
        ("Three spindles at 3, 9.5 and 20 s.", "We find three sleep spindles, at 3, 9.5 and 20 seconds."),
        ("Delta dominates at C3 (81% of power, 40 uV RMS).", "At C3 the EEG is dominated by delta: 81%, 40 uV."),
        ("The belts in opposite phase.", "Chest and abdomen move against each other."),
        ("EEG of 40 uV at C3.", "At C3 the EEG measures 40µV."),
        ("No leg movements.", "The night is without leg movements here."),
        ("Turning from supine to the left side at 12 s.", "At 12 s, the body turns from supine to the left side."),
    ],
)
def test_other_words_that_keep_nouns_and_numbers_are_read_the_same(ours, theirs):
    assert read_back(ours, "summary") == read_back(theirs, "summary") != ()


@pytest.mark.parametrize(
    "ours, theirs",
    [
        ("Heart rate 62 bpm.", "Heart rate 63 bpm."),
        ("Heart rate 62 bpm.", "Heart rate about 62 bpm."),
        ("Heart rate 62 bpm.", "Heart rate 62 bpm for 30 s."),
        ("Chin tone low, 4 uV.", "Chin tone high, 4 uV."),
        ("An arousal from 3 to 9 s.", "An arousal from 3 to 9 s and a hypopnea."),
        ("An arousal from 3 to 9 s.", "An arousal from 3 s."),
        ("Two arousals at 3 and 9 s.", "Two arousals at 3 s."),
        ("An obstructive apnea from 3 to 20 s.", "A central apnea from 3 to 20 s."),
        ("Delta 60%, theta 20%.", "Delta 20%, theta 60%."),
        ("No arousals.", "Arousals."),
        ("RMSSD 40 ms.", "RMSSD 40 s."),
        ("N2 sleep, coming from N1.", "N1 sleep, coming from N2."),
        ("The ECG is clipped.", "The ECG is flat."),
        ("Heart rate 62 bpm.", "Heart rate 62 bpm, 14 of them early."),
    ],
)
def test_what_says_something_else_is_read_as_something_else(ours, theirs):
    assert read_back(ours, "summary") != read_back(theirs, "summary")


def test_a_number_of_nothing_known_is_not_passed_over():
    assert ("unread", "3 to 8 s") in read_back("Something from 3 to 8 s.", "cardiac")
    assert ("unread", 7) in read_back("It has 7 of these.", "brain")


@given(st.text(max_size=200))
def test_any_text_can_be_read(text):
    assert isinstance(read_back(text, "summary"), tuple)
