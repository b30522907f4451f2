"""Every kind has all of its row, and every room takes it from there."""

import ast
import re
from dataclasses import fields
from pathlib import Path

import pytest

from assistant.planning.plan import plan_grammar
from assistant.question import Question
from assistant.question.topics import TOPICS
from assistant.timeline import event_name
from sleeplm.captions.reading.claims import read_back
from sleeplm.captions.text.phrases import spans_of, training_phrases
from sleeplm.facts import FACT_KINDS
from sleeplm.kinds.channels import (
    BESIDE,
    CANONICAL,
    CHANNEL_COLORS,
    FACET_KINDS,
    MODALITIES,
    POSITION_KINDS,
    RECORDABLE,
)
from sleeplm.kinds.events import EVENT_KINDS
from sleeplm.kinds.facts import Asked
from sleeplm.kinds.sources import SOURCES
from sleeplm.kinds.stages import STAGE_KINDS, STAGES
from sleeplm.scoring import heart_stages
from sleeplm.scoring import stages as staging

KINDS = Path(__file__).resolve().parents[2] / "sleeplm" / "kinds"
COLOR = re.compile(r"#[0-9a-f]{6}")
SUFFIX = {"min": "_min", "%": "_pct", "per hour": "_per_h", "bpm": "_bpm", "clock": "_clock", "": "_n",
          "s": "_s", "per min": "_per_min", "ms": "_ms", "ratio": "_ratio",
          "% min/h": "_pct_min_per_h"}  # fmt: skip


def test_kinds_import_nothing_but_units():
    for file in KINDS.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("sleeplm"):
                assert node.module.startswith(("sleeplm.kinds", "sleeplm.units")), f"{file.name}: {node.module}"


@pytest.mark.parametrize("kind", EVENT_KINDS.values(), ids=EVENT_KINDS)
def test_every_type_of_event_has_its_color_words_and_modality(kind):
    assert COLOR.fullmatch(kind.color) and kind.noun and kind.label and kind.short
    assert kind.caption_nouns, f"{kind.id} has no noun that captions call it by"
    assert kind.phrases or kind.id == "other", f"{kind.id} has no phrase that people search for it by"
    assert kind.modality in (*MODALITIES, ""), f"{kind.id} rests on a modality that has no row"
    assert not kind.plural_phrases or kind.phrases
    assert bool(kind.count) == (f"{kind.id}_n" in FACT_KINDS), f"{kind.id} and its count do not go together"


@pytest.mark.parametrize("kind", EVENT_KINDS.values(), ids=EVENT_KINDS)
def test_every_type_of_event_is_read_back_from_a_caption_and_has_its_phrases(kind):
    for noun in kind.caption_nouns:
        claims = read_back(f"Stage N2 with one {noun} at 3 s.", "stage_event")
        assert any(name == f"{kind.id}_n" for name, *_ in claims), noun
    event = {"type": kind.id, "start_s": 3.0, "end_s": 9.0}
    by_facet = {"stage_event": {"events": [event, event | {"start_s": 12.0, "end_s": 15.0}]}}
    assert set(kind.phrases) | set(kind.plural_phrases) <= set(training_phrases(by_facet))
    assert {phrase for _, _, phrase in spans_of(by_facet)} == set(kind.phrases)


class Study:
    """As much of a study as a question is read against."""

    start_clock = "23:00:00"
    recording = {"duration_s": 3600.0}  # noqa: RUF012
    facts = tuple(FACT_KINDS.values())


@pytest.mark.parametrize("kind", EVENT_KINDS.values(), ids=EVENT_KINDS)
def test_every_type_of_event_can_be_asked_for(kind):
    assert event_name(kind.id, 1) == kind.noun and event_name(kind.id) in (kind.plural, "apneas")
    topic = next((topic for topic in TOPICS if kind.id in topic.events), None)
    question = f"how many {kind.plural} were there?" if topic else "what was there?"
    assert topic is None or topic.words.search(question), (
        f"no word of the topic {topic.name} stands in {question!r}"
    )
    assert f'"{kind.id}"' in plan_grammar(Question.read(question, Study))


@pytest.mark.parametrize("modality", MODALITIES.values(), ids=MODALITIES)
def test_every_modality_has_channels_and_where_it_is_asked_for_what_is_said_without_it(modality):
    assert set(modality.channels) <= {channel.name for channel in CANONICAL} and modality.subject
    assert set(modality.beside) <= {channel.name for channel in BESIDE}
    assert bool(modality.asked) == bool(modality.absent)
    assert not modality.asked or re.compile(modality.asked)


@pytest.mark.parametrize("kind", FACT_KINDS.values(), ids=FACT_KINDS)
def test_every_fact_has_a_unit_a_sentence_a_formula_and_a_way_to_ask_for_it(kind):
    assert kind.id.endswith(SUFFIX[kind.unit]) and re.fullmatch(r"[a-z0-9_]+", kind.id)
    assert "{value}" in kind.sentence and kind.sentence.endswith(".") and kind.definition.endswith(".")
    assert ("{source}" in kind.formula) == bool(kind.source)
    assert kind.needs.modality in (*MODALITIES, "") and set(kind.needs.events) <= set(EVENT_KINDS)
    assert not kind.share_of or kind.share_of in FACT_KINDS
    if kind.asked is Asked.BY_NAME:
        assert re.compile(kind.names).search("") is None
    if kind.bout_of:
        assert kind.bout_of == "sleep" or kind.bout_of in STAGE_KINDS


def test_every_stage_has_its_words_and_every_staged_one_its_color_and_place():
    for stage, kind in STAGE_KINDS.items():
        assert kind.name and kind.short and stage == kind.stage
        assert stage == "?" or (kind.caption_forms and kind.caption_nouns)
    for stage in STAGES:
        kind = STAGE_KINDS[stage]
        assert COLOR.fullmatch(kind.color) and kind.asked and kind.phrases and kind.prompts
    assert sorted(STAGE_KINDS[stage].level for stage in STAGES) == list(range(len(STAGES)))


def test_every_channel_position_facet_and_source_has_its_words():
    assert all(channel.caption_nouns and channel.words for channel in RECORDABLE)
    assert {channel.kind for channel in RECORDABLE} == set(CHANNEL_COLORS)
    assert all(
        kind.words and kind.caption_nouns and kind.phrases for kind in POSITION_KINDS if kind.name != "unknown"
    )
    assert all(facet.title and facet.channels for facet in FACET_KINDS.values())
    assert {staging.SOURCE, heart_stages.SOURCE} <= set(SOURCES)
    assert all(source.label and source.clause for source in SOURCES.values())


@pytest.mark.parametrize("row", [next(iter(t.values())) for t in (EVENT_KINDS, MODALITIES, FACT_KINDS, SOURCES)])
def test_every_field_of_a_row_is_documented(row):
    documented = type(row).__doc__
    assert [field.name for field in fields(row) if not re.search(rf"\b{field.name}\b", documented)] == []
