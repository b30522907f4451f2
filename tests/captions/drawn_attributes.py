"""Attributes of an epoch as hypothesis draws them: any that the features may give, in any combination."""

from hypothesis import strategies as st

from sleeplm.captions.text.lexicon import CHANNEL_NOUNS, EVIDENCE_NOUNS, QUALITIES
from sleeplm.kinds.bands import EEG_BANDS
from sleeplm.kinds.channels import POSITIONS
from sleeplm.kinds.events import EVENT_TYPES, MICRO_EVENTS

STAGES = ("W", "N1", "N2", "N3", "NREM", "R")
positions = st.sampled_from([p for code, p in POSITIONS.items() if code >= 0])
whole_pct = st.integers(0, 100)
seconds = st.integers(0, 300).map(lambda t: t / 10)
tenths = st.integers(1, 400).map(lambda t: t / 10)


@st.composite
def spans(draw, at_most: int = 6, longest: float = 30):
    """Stretches within an epoch, in order of start."""
    starts = sorted(draw(st.lists(st.integers(0, 298).map(lambda t: t / 10), max_size=at_most)))
    ends = [
        draw(st.integers(int(s * 10) + 1, int(min(s + longest, 30) * 10)).map(lambda t: t / 10)) for s in starts
    ]
    return [{"start_s": a, "end_s": b} for a, b in zip(starts, ends, strict=True)]


def some(**values):
    """A dict with any of these keys."""
    return st.fixed_dictionaries({}, optional=values)


def faults(*channels: str):
    kinds = st.lists(st.sampled_from(sorted(QUALITIES["fault"])), min_size=1, max_size=3, unique=True)
    return st.dictionaries(st.sampled_from(channels), kinds, min_size=1, max_size=len(channels))


@st.composite
def events(draw):
    kinds = [t for t in EVENT_TYPES if t not in MICRO_EVENTS]
    out = []
    for span in draw(spans(7)):
        from_before, into_next = draw(st.booleans()), draw(st.booleans())
        span |= {"start_s": 0 if from_before else span["start_s"], "end_s": 30 if into_next else span["end_s"]}
        did = draw(
            some(
                nadir_pct=whole_pct, drop_pct=whole_pct, desaturation_pct=whole_pct, arousal=st.booleans(),
                hr_rise_bpm=st.integers(0, 60),
            )
        )  # fmt: skip
        kind = draw(st.sampled_from(kinds))
        flags = {"from_before": from_before, "into_next": into_next, "source": "expert"}
        out.append({"type": kind, **span, "duration_s": draw(tenths), **flags, **did})
    return out


@st.composite
def stage_event(draw):
    staged = st.sampled_from(STAGES)
    context = {
        "stage_source": st.sampled_from(["expert", "yasa", "sleepecg", "truth"]), "stage_confidence_pct": whole_pct,
        "previous_stage": staged, "next_stage": staged,
        "supports": st.lists(st.sampled_from(sorted(EVIDENCE_NOUNS)), unique=True, max_size=4),
    }  # fmt: skip
    kinds = st.lists(st.sampled_from(["respiratory", "arousal", "desaturation"]), unique=True)
    row = {"events": draw(events()), "looked_for": draw(kinds)}
    return row | ({"stage": draw(staged), **draw(some(**context))} if draw(st.booleans()) else {})


derivation = st.one_of(
    st.just({"artifact": True}),
    st.fixed_dictionaries({f"{b}_pct": whole_pct for b in EEG_BANDS} | {"rms_uv": st.integers(0, 200)}),
)
eye = st.fixed_dictionaries({"slow_uv": st.integers(0, 200), "saccadic_uv": st.integers(0, 200)})
brain = some(
    C3=derivation, C4=derivation, EOG_L=eye, EOG_R=eye, spindles=spans(12, 2), slow_waves=spans(20, 2),
    rapid_eye_movements=st.lists(seconds, max_size=9), faults=faults("C3", "C4", "EOG_L", "EOG_R"),
)  # fmt: skip
trend = st.sampled_from(["rising", "falling", "stable"])


@st.composite
def stretches(draw, unit: str):
    values = st.integers(30, 150) if unit == "bpm" else whole_pct
    return [
        {**span, "trend": draw(trend), f"from_{unit}": draw(values), f"to_{unit}": draw(values)}
        for span in draw(spans(4))
    ]


@st.composite
def cardiac(draw):
    row = draw(
        some(
            rmssd_ms=st.integers(0, 300), hr_stretches=stretches("bpm"), spo2_stretches=stretches("pct"),
            faults=faults("ECG", "SPO2"),
            pauses=st.lists(st.fixed_dictionaries({"start_s": seconds, "duration_s": tenths}), max_size=3),
        )
    )  # fmt: skip
    if draw(st.booleans()):
        low, mean, high = sorted(draw(st.tuples(*[st.integers(30, 180)] * 3)))
        row |= {"hr_min_bpm": low, "hr_mean_bpm": mean, "hr_max_bpm": high}
        row["hr_trend"] = draw(st.sampled_from(sorted(QUALITIES["hr_trend"])))
    if draw(st.booleans()):
        low, mean, high = sorted(draw(st.tuples(*[whole_pct] * 3)))
        row |= {"spo2_min_pct": low, "spo2_mean_pct": mean, "spo2_max_pct": high}
    return row


@st.composite
def respiratory(draw):
    signal = {"rate_per_min": tenths, "variability_pct": whole_pct, "amplitude_pct": st.integers(0, 400)}
    row = draw(
        some(
            AF=some(**signal, flattened_pct=whole_pct), THX=some(**signal), ABD=some(**signal),
            rate_per_min=tenths, effort_pct=st.integers(0, 400), snore_ratio=tenths,
            faults=faults("AF", "THX", "ABD", "SNORE"),
        )
    )  # fmt: skip
    row["regularity"] = draw(st.sampled_from(sorted(QUALITIES["regularity"])))
    if draw(st.booleans()):
        row |= {
            "flow_pct": draw(st.integers(0, 400)),
            "flow_lowest_pct": draw(whole_pct),
            "flow_lowest_s": draw(seconds),
        }
    if draw(st.booleans()):
        row |= {"phase": draw(st.sampled_from(sorted(QUALITIES["phase"]))), "phase_deg": draw(st.integers(0, 180))}
    return row


@st.composite
def somatic(draw):
    row = draw(
        some(
            chin_uv=tenths, chin_median_hz=st.integers(10, 120), position=positions,
            faults=faults(*(c for c in CHANNEL_NOUNS if c in ("EMG_CHIN", "LEG_L", "LEG_R", "POS"))),
        )
    )  # fmt: skip
    if "chin_uv" in row and draw(st.booleans()):
        row["chin_tone"] = draw(st.sampled_from(sorted(QUALITIES["chin_tone"])))
        row["chin_bursts"] = draw(spans(9, 5))
        row["chin_bursts_n"] = len(row["chin_bursts"])
    if "position" in row and draw(st.booleans()):
        row["position_change"] = {"from": draw(positions), "to": draw(positions), "at_s": draw(st.integers(0, 30))}
    if draw(st.booleans()):
        kinds = st.sampled_from(["plm", "leg_movement"])
        row["leg_movements"] = [{**s, "type": draw(kinds)} for s in draw(spans(8, 5))]
    return row


FACET = {
    "stage_event": stage_event(), "brain": brain, "cardiac": cardiac(), "respiratory": respiratory(),
    "somatic": somatic(),
}  # fmt: skip
EPOCH = some(**FACET)
