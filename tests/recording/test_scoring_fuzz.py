import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scoring_helpers import night
from scoring_samples import SAMPLES, check

from sleeplm.recording.annotations import FORMATS, read_scoring
from sleeplm.recording.annotations.scored import ScoringFile

ODD = [
    b"", b"\0", b"\n", b"\t", b";", b",", b"-1", b"1e309", b"nan", b"\xff\xfe", "é".encode(), b"25:61:61",
    b"9" * 70, b"<", b"&x;", b"\x14", b"\x15", b"+", b"?", b"-", b"31.02.2020 23:00:00", b"Sleep stage 2", b"#",
]  # fmt: skip


@st.composite
def damaged(draw) -> tuple[str, bytes]:
    """One of the sound files with a few of its bytes cut, doubled, moved or replaced."""
    name = draw(st.sampled_from(sorted(SAMPLES)))
    sample = SAMPLES[name]
    data = sample if isinstance(sample, bytes) else sample.encode(draw(st.sampled_from(["utf-8", "utf-16"])))
    for _ in range(draw(st.integers(1, 5))):
        a, b = sorted(draw(st.tuples(*[st.integers(0, len(data))] * 2)))
        b = min(b, a + draw(st.sampled_from([0, 1, 4, 40])))
        new = draw(st.sampled_from([*ODD, data[a:b] * 2]) | st.binary(max_size=8))
        data = data[:a] + new + data[b:]
    return name, data


@settings(deadline=None, max_examples=400, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(damaged())
def test_a_damaged_scoring_is_read_soundly_or_refused_in_one_sentence(write, file):
    name, data = file
    check(write(data, name))


@pytest.mark.parametrize("name", SAMPLES)
def test_every_sample_is_read(write, name):
    sample = SAMPLES[name]
    path = write(sample, name)
    check(path)
    scoring = read_scoring(path, night(4))
    assert scoring.hypnogram or scoring.events


def test_the_samples_are_of_all_formats(write):
    paths = [write(sample, name) for name, sample in SAMPLES.items()]
    readers = {next(f for f in FORMATS if f.parse(ScoringFile(path)) is not None).__name__ for path in paths}
    assert readers == {f.__name__ for f in FORMATS}
