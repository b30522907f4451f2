import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.question.slots import read_slots

START, EIGHT_HOURS = "23:49:02", 8 * 3600.0


@pytest.mark.parametrize(
    ("question", "text", "seconds"),
    [
        ("what happened around 02:00?", "02:00", 7858.0),
        ("what happened at 2 am", "02:00", 7858.0),
        ("was she asleep around 2?", "02:00", 7858.0),
        ("at half past two?", "02:30", 9658.0),
        ("at two o'clock", "02:00", 7858.0),
        ("at midnight", "00:00", 658.0),
        ("90 minutes in?", "+1:30", 5400.0),
        ("what about 2:10am", "02:10", 8458.0),
        ("at 3 pm", "15:00", None),
    ],
)
def test_a_time_is_read_in_the_recording(question, text, seconds):
    (moment,) = read_slots(question, START, EIGHT_HOURS).moments
    assert (moment.text, moment.seconds) == (text, seconds)


def test_twelve_hour_times_fall_in_the_half_of_the_day_that_was_recorded():
    (moment,) = read_slots("what happened at 11:30?", "22:00:00", EIGHT_HOURS).moments
    assert (moment.text, moment.seconds) == ("23:30", 5400.0)


def test_a_time_cannot_be_placed_without_a_start_clock():
    (moment,) = read_slots("what happened around 02:00?", None, EIGHT_HOURS).moments
    assert moment.seconds is None


@pytest.mark.parametrize(
    ("question", "epochs"),
    [
        ("describe epoch 262", (262,)),
        ("epochs 10 to 20?", (10, 20)),
        ("which stretch is most like #7", (7,)),
        ("epoch no. 12 and epoch 3", (12, 3)),
        ("N3, ODI3, T90 below 90 %", ()),
    ],
)
def test_epochs_are_read_and_stages_are_not(question, epochs):
    slots = read_slots(question, START, EIGHT_HOURS)
    assert slots.epochs == epochs
    assert not slots.moments


def test_first_hour_is_a_window():
    slots = read_slots("what happened in the first hour?", START, EIGHT_HOURS)
    assert [m.seconds for m in slots.moments] == [0.0, 3600.0]


@given(st.integers(0, 23), st.integers(0, 59))
def test_every_clock_time_lands_in_the_recording_or_nowhere(hour, minute):
    (moment,) = read_slots(f"around {hour:02d}:{minute:02d}?", START, EIGHT_HOURS).moments
    if moment.seconds is not None:
        assert 0 <= moment.seconds <= EIGHT_HOURS
        clock = (23 * 3600 + 49 * 60 + 2 + moment.seconds) % 86400
        assert f"{int(clock) // 3600:02d}:{int(clock) // 60 % 60:02d}" == moment.text


@given(st.text(max_size=80))
def test_any_text_can_be_read(text):
    slots = read_slots(text, START, EIGHT_HOURS)
    assert all(m.seconds is None or 0 <= m.seconds <= EIGHT_HOURS for m in slots.moments)
