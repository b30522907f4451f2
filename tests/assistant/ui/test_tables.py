from fakes_ui import HOSTILE, NETWORK, FakeStudy

from assistant.network import Network
from assistant.ui import tables
from sleeplm.night import Fact


def test_nothing_of_a_file_becomes_markup():
    study = FakeStudy(label=HOSTILE, warnings=[HOSTILE], start_clock=None)
    study.__dict__["facts"] = [Fact(HOSTILE, HOSTILE, HOSTILE, HOSTILE, HOSTILE, HOSTILE, source=HOSTILE)]
    quoting = [tables.warnings(study), tables.notice(HOSTILE), tables.numbers(study, HOSTILE, HOSTILE)]
    for html in quoting:
        assert "<img" not in html and "<script" not in html and "&lt;img" in html
    hostile = Network(None, {"name": HOSTILE}, HOSTILE)
    network = tables.header(hostile, study) + tables.network_limits(hostile, study)
    assert "<img" not in network + tables.recorded(study)


def test_the_badge_stands_on_simulated_nights_alone():
    assert "SIMULATED" in tables.header(NETWORK, FakeStudy(simulated=True))
    assert "SIMULATED" not in tables.header(NETWORK, FakeStudy(simulated=False)) + tables.header(NETWORK)


def test_the_page_says_which_network_it_runs_and_what_does_not_work_with_it():
    study = FakeStudy()
    assert "network made-up-net" in tables.header(NETWORK) and tables.network_limits(NETWORK, study) == ""
    other = Network(None, {"name": "other"}, "other is blind.")
    assert "other is blind." in tables.network_limits(other, FakeStudy(model=other.model))
    assert "embedded by made-up-net, and this page runs other" in tables.network_limits(other, study)


def test_what_does_not_exist_is_a_dash_with_its_reason_and_never_zero():
    row = tables.numbers(FakeStudy(), "", "").split("AHI")[1]
    assert "Respiration was not scored." in row and ">–<" in row and ">0<" not in row


def test_values_keep_their_digits():
    fact = FakeStudy().facts[0]
    assert tables.value_words(fact) == "431.5"
    assert tables.value_words(Fact("x", "x", 97.0, "min", "", "")) == "97"
    assert tables.value_words(Fact("x", "x", 0, "", "", "")) == "0"


def test_many_stretches_are_shortened_to_the_longest():
    study = FakeStudy()
    fact = Fact("w_min", "Wake", 9.0, "min", "", "", epochs=((1, 1), (5, 30), (40, 41), (50, 60), (70, 72)))
    study.__dict__["facts"] = [fact]
    html = tables.numbers(study, "", "")
    assert html.count("sl-chip") == 3 and "and 2 more" in html
    assert "epochs 5–30" in html and "epoch 1 " not in html


def test_downloads_carry_the_csv_as_it_is():
    html = tables.numbers(FakeStudy(), '# Research use only\n"a",1\n', "e")
    assert 'data-csv="# Research use only\n&quot;a&quot;,1\n"' in html and 'data-name="fake-1-numbers.csv"' in html


def test_a_chip_points_at_its_seconds():
    chip = tables.chip(FakeStudy(), (1, 194), "longest wake")
    assert 'data-start="0.0" data-end="5820.0"' in chip
    assert "epochs 1–194 · 22:49–00:26 · longest wake" in chip
