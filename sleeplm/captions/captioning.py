"""Every epoch of a night captioned by facet, and as a whole."""

from collections.abc import Callable, Mapping, Sequence

from sleeplm.captions.caption import Caption
from sleeplm.captions.features.attributes import attributes_of_night
from sleeplm.captions.text.brain import brain_text
from sleeplm.captions.text.cardiac import cardiac_text
from sleeplm.captions.text.respiratory import respiratory_text
from sleeplm.captions.text.somatic import somatic_text
from sleeplm.captions.text.stages import stage_event_text
from sleeplm.captions.text.summary import summary_text
from sleeplm.captions.text.templates import Renderer, distinct_claims
from sleeplm.kinds.channels import SUMMARY
from sleeplm.night import Scoring
from sleeplm.recording.epochs import Epochs
from sleeplm.recording.protocol import NightSignals

_TEXT: dict[str, Callable[[Renderer], str | None]] = {
    "stage_event": stage_event_text,
    "brain": brain_text,
    "cardiac": cardiac_text,
    "respiratory": respiratory_text,
    "somatic": somatic_text,
}


def caption_night(
    recording: NightSignals, epochs: Epochs, scoring: Scoring, seed: int = 0
) -> list[dict[str, Caption]]:
    """Caption every epoch of a night.

    Parameters
    ----------
    recording : NightSignals
    epochs : Epochs
        As `cut_epochs` gives them.
    scoring : Scoring
    seed : int
        Chooses the phrasing; the same seed gives the same text.

    Returns
    -------
    list of dict of str to Caption
        By epoch, then facet; a facet without its signals is absent.
    """
    return render_captions(attributes_of_night(recording, epochs, scoring), seed, full=True)


def render_captions(
    attributes: Sequence[dict[str, dict]], seed: int | str = 0, full: bool = False
) -> list[dict[str, Caption]]:
    """Put the attributes of a night into words; cheap, so that training can word a night in many ways.

    Parameters
    ----------
    attributes : sequence of dict
        As `attributes_of_night` gives them.
    seed : int or str
        Chooses the phrasing.
    full : bool
        Whether each facet has all of its clauses in order, as people read it, or some, as training varies it.

    Returns
    -------
    list of dict of str to Caption
        By epoch, then facet, with `SUMMARY` last.
    """
    return [_render_epoch(row, f"{seed} {number}", full) for number, row in enumerate(attributes, start=1)]


def _render_epoch(by_facet: dict[str, dict], seed: str, full: bool) -> dict[str, Caption]:
    captions = {}
    for facet, values in by_facet.items():
        renderer = Renderer(f"{seed} {facet}", values, full)
        text = _TEXT[facet](renderer)
        if text is not None:
            captions[facet] = _caption(text, values, renderer)
    whole = Renderer(f"{seed} {SUMMARY}", by_facet)
    text = summary_text(whole)
    if text is not None:
        captions[SUMMARY] = _caption(text, {}, whole)
    return captions


def _caption(text: str, attributes: Mapping, renderer: Renderer) -> Caption:
    about = {"about": renderer.about} if renderer.about else {}
    return Caption(text, {**attributes, **about}, claims=distinct_claims(renderer.claims))
