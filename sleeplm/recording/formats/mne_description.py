"""How a raw of MNE that we wrote is known again: its units, its mark of gaps, and the text of its description."""

import json
from dataclasses import dataclass

from sleeplm.kinds.channels import CHANNEL
from sleeplm.recording.formats.source import printable

SKIP = "BAD_ACQ_SKIP"  # MNE's own word for a stretch that was not acquired; its filters leave it out
VOLTS = {"uV": 1e-6, "mV": 1e-3}  # canonical units that MNE has in volts
_OURS = "sleeplm canonical channels"
_NOTE_CHARACTERS = 300  # longer than any note of ours: a file that pretends to be one may hold anything


@dataclass(frozen=True)
class Description:
    """What is written into ``info["description"]``: no word of it is about the person.

    Attributes
    ----------
    simulated : bool
        Whether the night is simulated.
    notes : dict of str to str
        `Channel.note` by canonical name.
    """

    simulated: bool
    notes: dict[str, str]


def write_description(simulated: bool, notes: dict[str, str]) -> str:
    """The text for ``info["description"]``, which `read_description` reads."""
    return json.dumps({"about": _OURS, "simulated": simulated, "notes": notes})


def read_description(text: str | None) -> Description | None:
    """What `write_description` wrote; None where another wrote it."""
    try:
        found = json.loads(text or "")
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict) or found.get("about") != _OURS or not isinstance(found.get("notes"), dict):
        return None
    notes = {str(name): printable(str(note))[:_NOTE_CHARACTERS] for name, note in found["notes"].items()}
    return Description(found.get("simulated") is True, notes)


def mne_unit(name: str) -> str:
    """The unit of a canonical channel in a raw of MNE."""
    unit = CHANNEL[name].unit
    return "V" if unit in VOLTS else unit
