"""A small night that stands in for an analysed study: every value in it is written out here."""

from types import SimpleNamespace

import numpy as np
from fakes_model import FakeEncoder

from sleeplm.captions import Caption
from sleeplm.intervals import epoch_ranges
from sleeplm.kinds.channels import CHANNEL_NAMES
from sleeplm.kinds.stages import Stage
from sleeplm.network.encoder import model_of
from sleeplm.night import Event, Fact, Scoring
from sleeplm.recording.privacy.subject import NOBODY_KNOWN
from sleeplm.study.person import UNSAID, recorded_person


def fake_study(channels=("C3", "ECG", "AF"), staged=True, start_clock="23:00:00", simulated=False):
    """Forty epochs: 10 W, 10 N2, 8 N3, 2 W, 6 R, 4 N1; one hypopnea in N2, none of the other types looked for."""
    stages = [Stage.W] * 10 + [Stage.N2] * 10 + [Stage.N3] * 8 + [Stage.W] * 2 + [Stage.R] * 6 + [Stage.N1] * 4
    source = "expert" if staged else None
    events = (Event("hypopnea", 12 * 30 + 5, 20.0, ("AF",)),)
    scoring = Scoring(
        hypnogram=tuple(stages) if staged else (),
        hypnogram_source=source,
        events=events if "AF" in channels else (),
        event_sources={"hypopnea": "expert", "apnea_obstructive": "expert"} if "AF" in channels else {},
    )
    rng = np.random.default_rng(0)
    axes = {s: rng.normal(size=8) for s in Stage}
    embeddings = np.stack([axes[s] + 0.05 * rng.normal(size=8) for s in stages]).astype(np.float32)
    embeddings /= np.linalg.norm(embeddings, axis=1, keepdims=True)
    captions = [{"brain": Caption(f"Brain words {n}.", {}), "cardiac": Caption("Beats.", {})} for n in range(1, 41)]
    return SimpleNamespace(
        id="fake", label="fake", person_id="fake", person=recorded_person(UNSAID, NOBODY_KNOWN, None),
        simulated=simulated, start_clock=start_clock, n_epochs=40, channels=list(channels),
        recording={"duration_s": 1200.0, "missing": [c for c in CHANNEL_NAMES if c not in channels]},
        scoring=scoring, facts=_facts(stages) if staged else [], captions=captions, embeddings=embeddings,
        patches=embeddings[:, None].astype(np.float16), tokens=embeddings[:, None].astype(np.float16),
        model=model_of(FakeEncoder(8)),
        warnings=[] if staged else ["Two minutes are too few to stage."], seconds={},
    )  # fmt: skip


def _facts(stages) -> list[Fact]:
    def of(*wanted):
        return epoch_ranges([n for n, s in enumerate(stages, start=1) if s in wanted])

    def fact(id, name, value, unit, text, epochs=()):
        return Fact(id, name, value, unit, text, "", ("C3",), "expert", epochs)

    sleep = of(Stage.N1, Stage.N2, Stage.N3, Stage.R)
    return [
        fact("tst_min", "total sleep time", 14.0, "min", "The person slept 14 min in all.", sleep),
        fact("se_pct", "sleep efficiency", 70.0, "%", "Sleep efficiency was 70%.", sleep),
        fact("n3_min", "deep sleep (N3)", 4.0, "min", "Deep sleep (N3) lasted 4 min.", of(Stage.N3)),
        fact("n3_pct", "deep sleep (N3)", 28.6, "%", "Deep sleep (N3) was 28.6% of sleep.", of(Stage.N3)),
        fact("r_min", "REM sleep", 3.0, "min", "REM sleep lasted 3 min.", of(Stage.R)),
        fact("r_pct", "REM sleep", 21.4, "%", "REM sleep was 21.4% of total sleep time.", of(Stage.R)),
        fact("awakenings_n", "awakenings", 1, "", "There was 1 awakening.", ((29, 30),)),
        fact(
            "longest_wake_min", "longest period awake", 5.0, "min",
            "Longest awake: 5 min, before sleep onset.", ((1, 10),),
        ),
        fact(
            "longest_wake_in_sleep_min", "longest period awake within sleep", 1.0, "min",
            "Longest awake within sleep: 1 min.", ((29, 30),),
        ),
        fact("longest_sleep_min", "longest period of sleep", 9.0, "min", "Longest sleep: 9 min.", ((11, 28),)),
        Fact("spo2_min_pct", "lowest SpO2", None, "%", "SpO2 was not recorded, so no lowest value is known.", ""),
        Fact("ahi_per_h", "AHI", 4.3, "per hour", "The AHI was 4.3 per hour.", "", ("AF",), "expert", ((13, 13),)),
        fact("hr_mean_bpm", "mean heart rate", 61.2, "bpm", "The mean heart rate was 61.2 bpm.", ((1, 40),)),
    ]  # fmt: skip
