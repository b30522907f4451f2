from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, settings

from sleeplm.errors import UnknownScoringError
from sleeplm.recording.annotations import read_scoring
from sleeplm.units import EPOCH_S

in_a_folder = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])


def night(epochs: int, clock: str | None = "23:00:00", date: str | None = None, rest_s: float = 0.0):
    return SimpleNamespace(
        path=Path("night.edf"), duration_s=epochs * EPOCH_S + rest_s, n_epochs=epochs, start_clock=clock,
        start_date=date,
    )  # fmt: skip


def refusal(path, recording=None, error=UnknownScoringError) -> str:
    with pytest.raises(error) as caught:
        read_scoring(path, recording or night(4))
    sentence = str(caught.value)
    assert path.name in sentence and str(path.parent) not in sentence and "\n" not in sentence
    return sentence
