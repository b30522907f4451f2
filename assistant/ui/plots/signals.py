"""What the charts show of a short window of a study, as plain values."""

import math

import numpy as np

from assistant.ui.plots.plot import WINDOW_LENGTHS_S, Plot, duration_s, stage_of
from sleeplm.intervals import epochs_between
from sleeplm.kinds.channels import CHANNEL, CHANNEL_COLORS, FACET_KINDS, POSITIONS, SUMMARY
from sleeplm.kinds.events import EVENT_CHANNELS, EVENT_KINDS, MICRO_EVENTS
from sleeplm.kinds.stages import Stage
from sleeplm.night import Event, clock_at, day_seconds
from sleeplm.units import EPOCH_S, MODEL_SFREQ_HZ, SAMPLES_PER_EPOCH

MICRO_UP_TO_S = 60  # in a longer window spindles and slow waves would hide the signals
FULL_SCALE = 1000  # drawing units of half a lane; what is sent are whole numbers
MAX_FULL_SCALES = 8  # beyond this a sample is cut: no gain of the page shows it

# Half a lane in the channel's unit, as polysomnographs are usually set; others follow the signal.
USUAL_HALF = {"eeg": 100.0, "eog": 200.0}
FIXED_RANGE = {"SPO2": (70, 100), "POS": (min(POSITIONS), max(POSITIONS))}
CAPTION_TITLES = {SUMMARY: "Summary", **{facet.name: facet.title for facet in FACET_KINDS.values()}}


def window(study, start_s: float, length_s: int, highlight=None, reveal=False) -> dict:
    """One window of the night: channels ready to draw, epochs, events, and the captions of its first epoch.

    Parameters
    ----------
    start_s, length_s
        As `place_window` and `WINDOW_LENGTHS_S` give them.
    highlight : (float, float), optional
        Seconds of the stretch that a citation points at.
    reveal : bool
        Whether the page should scroll to the window.
    """
    end_s = min(start_s + length_s, duration_s(study))
    first, last = epochs_between(start_s, end_s, study.n_epochs)
    if highlight and (highlight[1] <= start_s or highlight[0] >= duration_s(study)):
        highlight = None
    pairs = length_s * MODEL_SFREQ_HZ > SAMPLES_PER_EPOCH
    captions = study.captions[first - 1] if first <= len(study.captions) else {}
    return {
        "start_s": start_s,
        "end_s": end_s,
        "length_s": length_s,
        "step_s": length_s / SAMPLES_PER_EPOCH if pairs else 1 / MODEL_SFREQ_HZ,
        "duration_s": duration_s(study),
        "clock_s": None if study.start_clock is None else day_seconds(study.start_clock),
        "title": _title(study, first, last, start_s),
        "epochs": [
            {"number": n, "start_s": (n - 1) * EPOCH_S, "stage": stage_of(study, n)} for n in range(first, last + 1)
        ],
        "channels": [_lane(study, name, start_s, end_s, length_s) for name in study.channels],
        "events": [
            _event(study, e)
            for e in study.scoring.events
            if e.start_s < end_s and e.end_s > start_s and (length_s <= MICRO_UP_TO_S or e.type not in MICRO_EVENTS)
        ],
        "captions": [
            {"facet": words, "text": captions[name].text, "source": captions[name].source}
            for name, words in CAPTION_TITLES.items()
            if name in captions
        ],
        "caption_head": _caption_head(first, captions),
        "highlight": list(highlight) if highlight else None,
        "reveal": reveal,
    }


def _title(study, first: int, last: int, start_s: float) -> str:
    numbers = f"Epoch {first}" if first == last else f"Epochs {first}–{last}"
    clock = clock_at(study.start_clock, start_s)
    when = clock if clock is not None else f"{start_s:g} s from the start"
    stages = stage_of(study, first) if first == last else ""
    return " · ".join(x for x in (numbers, when, "unscored" if stages == Stage.UNSCORED else stages) if x)


def _caption_head(epoch: int, captions: dict) -> str:
    if not captions:
        return f"Epoch {epoch}: nothing to describe"
    sources = {c.source for c in captions.values()}
    return f"Epoch {epoch} in words ({', '.join(sorted(sources))})"


def _event(study, event: Event) -> dict:
    channels = event.channels or EVENT_CHANNELS.get(event.type, ())
    lanes = [i for i, name in enumerate(study.channels) if name in channels]
    words = EVENT_KINDS[event.type].label
    if event.label and event.label.casefold() != words.casefold():
        words = f"{words} [{event.label[:40]}]"
    return {
        "type": event.type,
        "color": EVENT_KINDS[event.type].color,
        "words": "" if event.type in MICRO_EVENTS else words,  # they are told by their colour: words would overlap
        "start_s": round(event.start_s, 2),
        "end_s": round(event.end_s, 2),
        "lanes": lanes or list(range(len(study.channels))),
    }


def _lane(study, name: str, start_s: float, end_s: float, length_s: int) -> dict:
    channel = CHANNEL[name]
    unit = study.recording["channels"][name]["unit"].replace("uV", "µV")
    _, values = study.signal(name, start_s, end_s)
    values = thin(values, length_s)
    lane = {
        "name": name,
        "kind": channel.kind,
        "unit": unit,
        "words": channel.words,
        "color": CHANNEL_COLORS[channel.kind],
    }
    if name in FIXED_RANGE:
        low, high = FIXED_RANGE[name]
        middle, half = (low + high) / 2, (high - low) / 2
        lane |= {"range": _position_words(values) if name == "POS" else f"{low}–{high} {unit}"}
    else:
        middle, half = scale(values, channel.kind)
        lane |= {"range": None}
    units = (values - middle) / half * FULL_SCALE
    units = np.clip(units, -MAX_FULL_SCALES * FULL_SCALE, MAX_FULL_SCALES * FULL_SCALE)
    return lane | {"half": half, "values": [None if math.isnan(v) else round(v) for v in units.tolist()]}


def _position_words(codes: np.ndarray) -> str:
    """The positions of a window in the order in which they come."""
    known = codes[~np.isnan(codes)].round().astype(int).tolist()
    return ", ".join(POSITIONS.get(code, "unknown") for code in dict.fromkeys(known))


def thin(values: np.ndarray, length_s: int) -> np.ndarray:
    """At most `SAMPLES_PER_EPOCH` values a window: the lowest and highest of each stretch where there are more."""
    size = 2 * length_s * MODEL_SFREQ_HZ // SAMPLES_PER_EPOCH
    count = len(values) // size
    if size <= 2 or count == 0:
        return values
    blocks = values[: count * size].reshape(count, size)
    return np.stack([blocks.min(axis=1), blocks.max(axis=1)], axis=1).ravel()


def scale(values: np.ndarray, kind: str) -> tuple[float, float]:
    """Middle and half height of a lane: the usual setting where the signal fits it, else a round one that does.

    Returns
    -------
    middle, half : float
        In the unit of the signal.
    """
    known = values[~np.isnan(values)]
    if not known.size:
        return 0.0, USUAL_HALF.get(kind, 1.0)
    middle = float(np.median(known))
    reach = float(np.percentile(np.abs(known - middle), 99.5))
    usual = USUAL_HALF.get(kind)
    if usual and usual / 20 <= reach <= usual * 2:
        return middle, usual
    if reach == 0:
        return middle, usual or 1.0
    power = 10.0 ** math.floor(math.log10(reach))
    return middle, next(f * power for f in (1, 2, 5, 10) if f * power >= reach)


_LENGTHS = "".join(
    f'<button type="button" data-length="{s}" aria-pressed="false">{words}</button>'
    for s, words in zip(WINDOW_LENGTHS_S, ("30 s", "1 min", "5 min"), strict=True)
)
_HTML = f"""
<section aria-label="Signals">
<div class="sl-bar"><h2>Signals</h2><span class="sl-where-now" data-role="where" aria-live="polite"></span>
<span class="sl-tools-right">
<span class="sl-group"><button type="button" data-role="prev" aria-label="Earlier">◀</button>
<button type="button" data-role="next" aria-label="Later">▶</button></span>
<span class="sl-group" role="group" aria-label="Length of the window">{_LENGTHS}</span>
<span class="sl-group" role="group" aria-label="Amplitude"><button type="button" data-role="softer"
 aria-label="Smaller amplitude">−</button><button type="button" data-role="louder"
 aria-label="Larger amplitude">+</button></span></span></div>
<div class="sl-lanes" tabindex="0" role="group" aria-label="Signal window; arrow keys move it"></div>
<h3 data-role="caption-head"></h3><dl class="sl-captions" data-role="captions"></dl></section>"""

PLOT = Plot(
    name="signals",
    data=lambda study, shown: window(study, shown.start_s, shown.length_s, shown.highlight, shown.reveal),
    html=_HTML,
    on_load="SleepLM.signals(element, props, watch, to => trigger('move', to));",
    place=2,
    in_window=True,
)
