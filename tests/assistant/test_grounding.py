import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from llguidance import LLMatcher, LLTokenizer

from assistant.grounding.writing import check, fill, parts, source_clause, write_grammar
from sleeplm.facts import FACT_KINDS
from sleeplm.night import Fact
from sleeplm.units import CLOCK

TST = Fact("tst_min", "Total sleep time", 357.5, "min", "Total sleep time was 357.5 min.", "", source="expert")
N3 = Fact("n3_min", "Time in N3 (deep) sleep", 40.0, "min", "Time in N3 was 40 min.", "", source="expert")
N3_SHARE = Fact("n3_pct", "Share of N3 (deep) sleep", 11.2, "%", "N3 was 11.2%.", "", source="expert")
WHEN = Fact("n3_min_when", "when", "from 01:00 to 01:10 (epochs 3 to 22)", "", "From 01:00 to 01:10.", "")


def test_an_answer_that_tells_its_facts_passes():
    assert check("the person slept {tst_min}.", [TST]) is None
    assert check("deep sleep (N3) lasted {n3_min}, that is {n3_pct} of total sleep time.", [N3, N3_SHARE]) is None
    assert check("deep sleep (N3) lasted {n3_min}, {n3_min_when}.", [N3, WHEN]) is None


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("the person slept 357.5 min.", "cites nothing"),
        ("the person slept {tst_min}, about 6 h.", "digit"),
        ("the person slept {tst_min}, twice the usual.", "number word"),
        ("the person slept {tst_min}, half of it N2.", "number word"),
        ("the person slept {tst_min}, which is good.", "more than its facts"),
        ("the person slept {tst_min} without low oxygen.", "more than its facts"),
        ("deep sleep (N3) lasted {tst_min}.", "more than its facts"),
        ("the person slept {n3_min}.", "cites n3_min"),
        ("the person slept {tst_min}. the person slept {tst_min}.", "cites tst_min, tst_min"),
    ],
)
def test_an_answer_that_says_anything_else_is_refused(text, reason):
    assert reason in check(text, [TST])


def test_a_share_goes_without_its_name_only_behind_its_minutes():
    assert check("the person slept {tst_min}, that is {n3_pct} of total sleep time.", [TST, N3_SHARE]) is not None


def test_values_are_filled_in_with_units():
    assert fill("the person slept {tst_min}. deep sleep lasted {n3_min}.", [TST, N3]) == (
        "The person slept 357.5 min (5 h 57.5 min). Deep sleep lasted 40 min."
    )


def test_an_unfinished_placeholder_is_held_back():
    assert fill("the person slept {tst_", [TST]) == "The person slept "


_BYTES = LLTokenizer("byte")


def _fact(id):
    kind = FACT_KINDS[id]
    value = "02:13:32" if kind.unit == CLOCK else 3 if kind.unit == "" else 3.5
    return Fact(id, kind.name, value, kind.unit, "", "")


@settings(deadline=None)
@given(st.lists(st.sampled_from(sorted(FACT_KINDS)), min_size=1, max_size=6, unique=True), st.integers(0, 2**32))
def test_grammar_and_check_agree_on_every_fact(ids, seed):
    rendered = [_fact(id) for id in ids]
    random = np.random.default_rng(seed)
    text = "".join(choices[random.integers(len(choices))] for choices in parts(rendered))
    assert check(text, rendered) is None
    matcher = LLMatcher(_BYTES, write_grammar(rendered))
    tokens = _BYTES.tokenize_str(text)
    assert not matcher.get_error()
    assert matcher.try_consume_tokens(tokens) == len(tokens)
    assert matcher.is_accepting()


def test_the_source_of_the_scoring_is_named():
    assert source_clause([TST], simulated=False) == "Source: expert scoring."
    yasa = Fact("tst_min", "", 1.0, "min", "", "", source="yasa")
    assert source_clause([yasa], simulated=True) == "Source: automatic staging by YASA. This night is simulated."
