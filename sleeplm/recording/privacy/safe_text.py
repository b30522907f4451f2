"""Safe text: which words of an EDF header name nobody, by the table in ``safe_text.json``; the rest is left out."""

import json
import re
import unicodedata
from functools import cache
from importlib.resources import files

from sleeplm.recording.montage.channel_table import packaged
from sleeplm.recording.montage.channels import spellings

MAX_DIGITS = 4  # of a label: no date of birth, no number of a record has so few
_SPELT = str.maketrans({"μ": "u", "Ω": "Ohm", "°": "deg"})  # after NFKD, which knows one micro and one ohm
_LETTERS = re.compile(r"[a-z]+")
_CAMEL = re.compile(r"[A-Z]?[a-z]+|[A-Z]+")


def label(text: str) -> str | None:
    """The label in ASCII if every word of it is known, else None.

    >>> label("EEG C3-M2"), label("Impédance C3"), label("John C3"), label("C3 1970-02-01")
    ('EEG C3-M2', 'Impedance C3', None, None)
    """
    plain = ascii_of(text)
    if spellings(plain) & _table_labels():
        return plain
    digits = re.findall(r"\d+", plain)
    if len("".join(digits)) > MAX_DIGITS or any(len(run) > 2 for run in digits):
        return None
    runs = re.findall("[A-Za-z]+", plain)
    letters = [run for run in runs if len(run) == 1]
    known = all(len(run) == 1 or _is_word(run) or all(map(_is_word, _CAMEL.findall(run))) for run in runs)
    # Single letters name electrodes and axes; more than two of them may be somebody's initials.
    return plain if (runs or digits) and known and len(letters) <= 2 - (len(runs) == len(letters)) else None


def _is_word(run: str) -> bool:
    return run.casefold() in _words("labels") or run.casefold() in _table_words()


def unit(text: str) -> str:
    """The unit in ASCII if it is one, else nothing.

    >>> unit("µV"), unit("°C"), unit("kΩ"), unit("ξV")
    ('uV', 'degC', 'kOhm', '')
    """
    plain = ascii_of(text, instead="?")  # what is left of a unit may be another
    return plain if plain.casefold().replace(" ", "") in _words("units") else ""


def transducer(text: str) -> str:
    """What the transducer is, if every word is known and there is no number; else nothing."""
    return _if_known(text, "transducers", digits=0)


def prefilter(text: str) -> str:
    """The filters, if every word is known and every number short; else nothing."""
    return _if_known(text, "prefilters", digits=4)


def _if_known(text: str, part: str, digits: int) -> str:
    plain = ascii_of(text)
    known = all(w in _words(part) for w in _LETTERS.findall(plain.casefold()))
    few = (
        all(len(run) <= digits for run in re.findall(r"\d+", plain)) and len(re.findall(r"\d", plain)) <= 3 * digits
    )
    return plain if known and few else ""


def ascii_of(text: str, instead: str = " ") -> str:
    """Text without accents, in printable ASCII; `instead` for what has no such form."""
    plain = unicodedata.normalize("NFKD", text).translate(_SPELT)
    plain = "".join(c if " " <= c <= "~" else instead for c in plain if not unicodedata.combining(c))
    return " ".join(plain.split())


@cache
def _words(part: str) -> frozenset[str]:
    return frozenset(json.loads((files(__package__) / "safe_text.json").read_text(encoding="utf-8"))[part])


@cache
def _table_labels() -> frozenset[str]:
    """The labels of ``channels.json``, normalised."""
    rows = [row for of_channel in packaged().values() for row in of_channel]
    return frozenset(label for row in rows for label in (*row.labels, *row.minus, *row.needs, *row.refuses))


@cache
def _table_words() -> frozenset[str]:
    """Words within the labels of ``channels.json``."""
    table = json.loads((files("sleeplm.recording.montage") / "channels.json").read_text(encoding="utf-8"))
    rows = [row for name, of_channel in table.items() if name != "about" for row in of_channel]
    labels = [text for row in rows for key in ("labels", "minus", "with", "without") for text in row.get(key, ())]
    return frozenset(w for text in labels for w in _LETTERS.findall(ascii_of(text).casefold()))
