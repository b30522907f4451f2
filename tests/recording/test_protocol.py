"""What reads a recording is written against a protocol, which a file's recording and that of tests both are."""

from inspect import signature
from types import SimpleNamespace

import numpy as np
import pytest
from fakes import FakeRecording

from sleeplm.recording import Recording, open_recording
from sleeplm.recording.protocol import NightChannel, NightSignals, NightTime

PROTOCOLS = (NightTime, NightSignals)
MEMBERS = {name for protocol in PROTOCOLS for name in vars(protocol) if not name.startswith("_")}


@pytest.fixture(params=["file", "fake"])
def night(request, make_edf):
    return open_recording(make_edf("C3-M2")) if request.param == "file" else FakeRecording({"C3": (np.ones(60), 1)})


def test_a_recording_has_all_that_the_protocol_asks(night):
    assert isinstance(night, NightSignals) and isinstance(night, NightTime)
    assert all(isinstance(channel, NightChannel) for channel in night.channels.values())


def test_the_recording_of_tests_has_nothing_that_a_real_one_lacks(make_edf):
    real, fake = open_recording(make_edf("C3-M2")), FakeRecording({"C3": (np.ones(60), 1)})
    assert {name for name in dir(fake) if not name.startswith("_")} <= set(dir(real))


@pytest.mark.parametrize("name", [name for name in sorted(MEMBERS) if callable(vars(NightSignals).get(name))])
def test_methods_are_asked_with_the_same_arguments(name):
    asked = list(signature(vars(NightSignals)[name]).parameters.values())
    for kind in (Recording, FakeRecording):
        given = list(signature(vars(kind)[name]).parameters.values())
        assert [(p.name, p.default) for p in given] == [(p.name, p.default) for p in asked], kind


@pytest.mark.parametrize("name", sorted(MEMBERS))
def test_what_lacks_a_member_is_no_night_of_signals(name):
    has = {member: callable for member in MEMBERS - {name}}
    assert not isinstance(SimpleNamespace(**has), NightSignals)
    assert isinstance(SimpleNamespace(**has, **{name: callable}), NightSignals)
