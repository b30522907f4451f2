"""Times of scorings: clocks over midnight, in recordings of more than a day, through the hour of DST."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scoring_helpers import in_a_folder, night, refusal

from sleeplm.errors import NoOverlapError
from sleeplm.kinds.stages import Stage
from sleeplm.recording import open_recording
from sleeplm.recording.annotations import read_scoring
from sleeplm.recording.annotations.clock import DAY_S, on_the_night, through_the_hour_of_dst
from sleeplm.recording.dates import known_date

HOUR = 120  # epochs


def starts_of(scoring):
    return [event.start_s for event in scoring.events]


def events_at(*clocks):
    return "type,start,duration_s\n" + "".join(f"Hypopnea,{clock},15\n" for clock in clocks)


def test_clock_times_of_a_day_long_recording_are_laid_by_its_own_start(write):
    path = write("type,start,duration_s\nLights off,16:20:00,0\nApnea,04:40:00,20\nLights on,06:30:00,0\n")
    scoring = read_scoring(path, night(22 * HOUR, "16:13:00"))
    assert (scoring.lights_off_s, starts_of(scoring), scoring.lights_on_s) == (420, [44820], 51420)


@pytest.mark.parametrize(
    ("start", "hours", "clocks", "wanted"),
    [
        ("21:00:00", 26, ("22:10:00", "02:00:00", "15:00:00", "22:30:00"), [4200, 18000, 64800, 91800]),
        ("20:00:00", 48, ("21:00:00", "20:30:00", "03:00:00"), [3600, 88200, 111600]),
        ("00:00:00", 25, ("00:30:00", "23:00:00", "00:10:00"), [1800, 82800, 87000]),
    ],
)
def test_in_a_recording_of_more_than_a_day_the_order_of_rows_tells_the_days_apart(
    write, start, hours, clocks, wanted
):
    assert starts_of(read_scoring(write(events_at(*clocks)), night(hours * HOUR, start))) == wanted


def test_clock_times_in_no_order_that_can_mean_two_days_are_refused(write):
    path = write(events_at("22:00:00", "21:30:00", "22:10:00", "21:10:00"))
    assert "a time can mean two days" in refusal(path, night(26 * HOUR, "21:00:00"))
    rows_of_one_place = write(events_at("15:00:00", "04:00:00"))
    assert starts_of(read_scoring(rows_of_one_place, night(26 * HOUR, "21:00:00"))) == [25200, 64800]


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 86399), st.lists(st.integers(0, 100 * 3600), min_size=1, max_size=30, unique=True), st.data())
def test_moments_in_order_come_back_from_their_clocks(start_s, at, data):
    at.sort()
    steps_of_under_a_day = all(b - a < DAY_S for a, b in zip([0, *at], at, strict=False))
    lasts = night((max(at) // 30 + 2), f"{timedelta(seconds=start_s)}".zfill(8))
    if steps_of_under_a_day and at[0] < DAY_S:
        assert on_the_night([(start_s + t) % 86400 for t in at], lasts, "a") == at


def of_night(begin, minutes_back, n=360, at=100, numbered=True):
    """A table of epochs whose clock changes by an hour after row `at`."""
    rows, moment = [], begin
    for i in range(n):
        rows.append((i + 1, moment, "W" if i < 10 else "N2"))
        moment += timedelta(seconds=30) - (timedelta(minutes=minutes_back) if i == at else timedelta())
    header = "epoch,time,stage" if numbered else "time,stage"
    lines = [f"{n},{t:%H:%M:%S},{s}" if numbered else f"{t:%H:%M:%S},{s}" for n, t, s in rows]
    return "\n".join([header, *lines])


@pytest.mark.parametrize(("back", "numbered"), [(60, True), (60, False), (-60, True)])
def test_epochs_follow_each_other_through_the_hour_of_daylight_saving(write, back, numbered):
    path = write(of_night(datetime(2021, 10, 31, 2, 0), back, numbered=numbered))
    scoring = read_scoring(path, night(360, "02:00:00"))
    assert scoring.hypnogram == (Stage.W,) * 10 + (Stage.N2,) * 350
    assert any("daylight saving" in w for w in scoring.warnings)


def test_a_missing_hour_of_rows_without_numbers_stays_a_gap(write):
    path = write(of_night(datetime(2021, 3, 28, 1, 0), -60, numbered=False))
    scoring = read_scoring(path, night(480, "01:00:00"))
    assert scoring.hypnogram[:101] == (Stage.W,) * 10 + (Stage.N2,) * 91 and len(scoring.hypnogram) == 480
    assert not any("daylight saving" in w for w in scoring.warnings)


@given(st.lists(st.floats(0, 86400), max_size=30), st.booleans())
def test_times_without_an_hour_that_changed_are_left_as_they_are(at, numbered):
    numbers = list(range(len(at))) if numbered else None
    mended = through_the_hour_of_dst(at, numbers)
    assert mended is None or (len(mended) == len(at) and mended[0] == at[0])


@pytest.mark.parametrize("date", ["1985-01-01", "1900-01-01", "1970-01-01", "2000-01-01", None])
def test_a_date_that_stands_for_an_unknown_one_is_no_date(write, date):
    assert known_date(date) is None
    path = write("onset,duration,description\n2021-02-01 23:00:00,30,Sleep stage W\n2021-02-01 23:00:30,30,N2\n")
    recording = night(2, date=known_date(date))
    assert read_scoring(path, recording).hypnogram == (Stage.W, Stage.N2)
    back = write(f"onset,duration,description\n{date or '1985-01-01'} 23:00:00,60,Sleep stage W\n", "back.csv")
    assert read_scoring(back, night(2, date="2021-02-01")).hypnogram == (Stage.W,) * 2


def test_a_true_date_of_another_night_is_still_refused(write):
    path = write("onset,duration,description\n2021-02-03 23:00:00,30,Sleep stage W\n")
    assert "does not overlap" in refusal(path, night(2, date="2021-02-01"), NoOverlapError)


@in_a_folder
@given(st.integers(0, 86399))
def test_times_of_several_kinds_in_one_file_lie_on_the_recordings_line(write, start_s):
    clock = f"{timedelta(seconds=start_s)}".zfill(8)
    later = f"{timedelta(seconds=(start_s + 40) % 86400)}".zfill(8)
    path = write(f"W 0 30\nN2 30 60\narousal {later} +3\n", "a.annot")
    scoring = read_scoring(path, night(2, clock))
    assert scoring.hypnogram == (Stage.W, Stage.N2) and starts_of(scoring) == [40]


@pytest.mark.parametrize(
    ("recording", "scoring", "stages", "starts"),
    [
        ("43a_deident_1985.edf", "43_real_dates.csv", 10, []),
        ("38_26h_from21.edf", "38b_26h_clock_events.csv", 0, [4200, 18000, 64800, 91800]),
        ("39_9h.edf", "39a_dst_clock_epochs.csv", 1080, []),
        ("46_22h_from1613.edf", "46a_22h_events.csv", 0, [44820, 46620]),
    ],
)
def test_times_as_people_reported_them(cases, recording, scoring, stages, starts):
    folder = cases / "recordings"
    read = read_scoring(folder / scoring, open_recording(folder / recording))
    assert len(read.hypnogram) == stages and Stage.UNSCORED not in read.hypnogram
    assert starts_of(read) == starts
